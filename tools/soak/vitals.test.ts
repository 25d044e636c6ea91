import { metricOf, parseStatus } from './vitals.js';

describe('parseStatus', () => {
  it('reads memory and threads', () => {
    expect(parseStatus('Name:\tnode\nVmHWM:\t  999 kB\nVmRSS:\t  307200 kB\nThreads:\t15\n')).toEqual({
      rssMb: 300,
      threads: 15,
    });
  });
  it('says what is missing', () => expect(() => parseStatus('Name:\tnode\n')).toThrow('no VmRSS'));
});

describe('metricOf', () => {
  const text = 'a_total 3\na{type="Timeout"} 7\na{type="TimeoutWrap"} 8\n';
  it.each([
    ['a_total', 3],
    ['a{type="Timeout"}', 7],
    ['a', null],
  ])('%s', (series, value) => expect(metricOf(text, series)).toBe(value));
});
