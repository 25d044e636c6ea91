import { Pace, Workload, type Work } from './patience.js';

const BOUNDS = { silenceMs: 4000, idleMs: 8000, firstTokenMs: 30_000 };
const read = (newTokens: number): Work => ({ newTokens, hears: false });
const heard = (newTokens: number): Work => ({ newTokens, hears: true });
/** A server that was seen to compute so many tokens in a second. */
const paceOf = (tokens: number): Pace => {
  const pace = new Pace();
  pace.learn(read(tokens), 1000);
  return pace;
};

describe('Workload', () => {
  it('gives a server up that is silent, whatever it serves else', () => {
    const workload = new Workload(BOUNDS, paceOf(1000));
    const begun = workload.give(read(100));
    expect([workload.lateAtMs(500), workload.gapMs]).toEqual([4500, 8000]);
    begun();
    expect(new Workload(BOUNDS, new Pace()).lateAtMs(500)).toBe(4500);
  });

  it('waits for what takes long, three times as long as was seen, and no longer than may be', () => {
    const workload = new Workload(BOUNDS, paceOf(1000));
    const own = workload.give(read(3000));
    expect(workload.lateAtMs(0)).toBe(9000);
    const others = workload.give(read(2000));
    expect([workload.lateAtMs(0), workload.gapMs]).toEqual([15_000, 15_000]);
    const cold = workload.give(read(100_000));
    expect([workload.lateAtMs(0), workload.gapMs]).toEqual([30_000, 30_000]);
    for (const begun of [own, own, others, cold]) begun();
    expect(workload.lateAtMs(0)).toBe(4000);
  });

  it('waits for its turn while the server answers others', () => {
    const workload = new Workload(BOUNDS, paceOf(1000));
    workload.give(read(10));
    workload.sign(7000);
    expect(workload.lateAtMs(0)).toBe(11_000);
    workload.sign(29_000);
    expect(workload.lateAtMs(0)).toBe(30_000);
    expect(workload.lateAtMs(29_500)).toBe(33_500);
  });
});

describe('a Workload of which something was left', () => {
  it('counts the silence from when that may be done', () => {
    const workload = new Workload(BOUNDS, paceOf(1000));
    workload.left(read(3000), 1000);
    workload.left(read(1000), 2000);
    expect([workload.lateAtMs(0), workload.lateAtMs(6000)]).toEqual([9000, 10_000]);
  });
});

describe('Pace', () => {
  it('is what was seen of late, the larger prompts above all', () => {
    const pace = paceOf(10);
    for (let n = 0; n < 20; n += 1) pace.learn(read(1000), 1000);
    pace.learn(read(0), 9999);
    expect(pace.msFor(read(500))).toBeCloseTo(500, -1);
  });

  it('is another for sounds, which take long for few tokens', () => {
    const pace = paceOf(1000);
    pace.learn(heard(20), 3000);
    for (let n = 0; n < 50; n += 1) pace.learn(read(1000), 100);
    expect(pace.msFor(heard(40))).toBe(6000);
    expect(new Workload(BOUNDS, pace).gapMs).toBe(8000);
  });
});
