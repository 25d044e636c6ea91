import { Demux } from './demux.js';

const at = (port: number, host = '192.0.2.1') => ({ local: 0, host, port });

function demux(...calls: string[]): Demux<string> {
  const one = new Demux<string>();
  for (const call of calls) {
    one.join(call, `tag-${call}`);
    one.rename(call, [`ufrag-${call}`]);
  }
  return one;
}

describe('Demux', () => {
  test('a call is found by its user names, its tag, and its addresses', () => {
    const calls = demux('a', 'b');
    calls.claim('b', at(1), false);
    expect([calls.byName('ufrag-a'), calls.byTag('tag-b'), calls.byPath(at(1))]).toEqual(['a', 'b', 'b']);
    expect([calls.byName('ufrag-c'), calls.byTag('tag-c'), calls.byPath(at(2))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of a call that has left nothing stays', () => {
    const calls = demux('a', 'b');
    calls.claim('a', at(1), true);
    calls.leave('a');
    calls.claim('a', at(3), true);
    calls.rename('a', ['late']);
    expect([calls.byName('ufrag-a'), calls.byTag('tag-a'), calls.byPath(at(1))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([calls.byPath(at(3)), calls.byName('late'), calls.size, calls.addresses]).toEqual([
      undefined,
      undefined,
      1,
      0,
    ]);
    calls.leave('a');
    calls.claim('b', at(1), false);
    expect(calls.byPath(at(1))).toBe('b');
  });

  test('a restart has names of its own, and a name that is gone leads nowhere', () => {
    const calls = demux('a', 'b');
    calls.rename('a', ['new', 'ufrag-a']);
    expect([calls.byName('new'), calls.byName('ufrag-a')]).toEqual(['a', 'a']);
    calls.rename('a', ['new']);
    expect([calls.byName('new'), calls.byName('ufrag-a')]).toEqual(['a', undefined]);
    // Nobody takes another's.
    calls.rename('b', ['new', 'ufrag-b']);
    expect([calls.byName('new'), calls.byName('ufrag-b')]).toEqual(['a', 'b']);
  });

  test('no two calls have one tag', () => {
    const calls = demux('a');
    expect(calls.join('b', 'tag-a')).toBe(false);
    expect(calls.join('b', 'tag-b')).toBe(true);
  });

  test('an address moves with a newer check', () => {
    const calls = demux('a', 'b');
    calls.claim('a', at(1), false);
    calls.claim('b', at(1), false);
    expect(calls.byPath(at(1))).toBe('b');
    calls.leave('a');
    expect(calls.byPath(at(1))).toBe('b');
  });

  test('one that has proved itself moves by a proof only', () => {
    const calls = demux('a', 'b');
    calls.claim('a', at(1), true);
    calls.claim('b', at(1), false);
    expect(calls.byPath(at(1))).toBe('a');
    calls.claim('b', at(1), true);
    expect(calls.byPath(at(1))).toBe('b');
    // And back again, by the same client with its other call.
    calls.claim('a', at(1), false);
    expect(calls.byPath(at(1))).toBe('b');
    calls.claim('a', at(1), true);
    expect(calls.byPath(at(1))).toBe('a');
  });

  test('a later check does not take a proof back', () => {
    const calls = demux('a', 'b');
    calls.claim('a', at(1), true);
    calls.claim('a', at(1), false);
    calls.claim('b', at(1), false);
    expect(calls.byPath(at(1))).toBe('a');
  });

  test('the same address at another socket of ours is another', () => {
    const calls = demux('a', 'b');
    calls.claim('a', { ...at(1), local: 1 }, true);
    calls.claim('b', at(1), true);
    expect([calls.byPath({ ...at(1), local: 1 }), calls.byPath(at(1))]).toEqual(['a', 'b']);
  });

  test('who makes addresses up loses his own, what proved nothing first', () => {
    const calls = demux('a', 'b');
    calls.claim('b', at(1), false);
    calls.claim('a', at(2), true);
    for (let port = 100; port < 1000; port += 1) calls.claim('a', at(port), false);
    expect([calls.byPath(at(1)), calls.byPath(at(2)), calls.addresses]).toEqual(['b', 'a', 33]);
    for (let port = 1000; port < 1100; port += 1) calls.claim('a', at(port), true);
    expect([calls.byPath(at(1)), calls.byPath(at(1099)), calls.addresses]).toEqual(['b', 'a', 33]);
  });
});
