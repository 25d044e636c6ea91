import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { byReason, metricOf, parseStatus, residentOf } from './vitals.js';

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

describe('byReason', () => {
  it('reads one metric', () => {
    const text = 'drops{reason="late"} 3\ndrops{reason="paced"} 4\nother_drops{reason="late"} 9\n';
    expect(byReason(text, 'drops', 'x_')).toEqual({ x_late: 3, x_paced: 4 });
  });
});

/** Real: this process, and one that it starts. */
describe('residentOf', () => {
  it('counts what a process has started', async () => {
    const before = await residentOf(process.pid);
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const during = await residentOf(process.pid);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(during.children).toBe(before.children + 1);
    expect(before.rssMb).toBeGreaterThan(10);
    await expect(residentOf(child.pid ?? 0)).rejects.toThrow(/ENOENT/);
  });
});
