import { randomFrom } from '../../sounds/signal.js';
import { linkSchema } from '../scenario/scenario.js';
import { Link, type Fate } from './link.js';

const COUNT = 20_000;

/** Datagrams of 100 bytes, one a millisecond. */
function through(settings: object): { fates: Fate[]; link: Link } {
  const link = new Link(linkSchema.parse(settings), randomFrom(1));
  return { link, fates: Array.from({ length: COUNT }, (_, ms) => link.push(100, ms)) };
}

const arrived = (fates: readonly Fate[]) =>
  fates.flatMap((fate, ms) => ('lost' in fate ? [] : [{ ...fate, ms }]));

describe('Link', () => {
  it('that is perfect changes nothing', () => {
    const { fates, link } = through({});
    expect(arrived(fates).every(({ atMs, ms }) => atMs === ms)).toBe(true);
    expect(link.counts).toEqual({ sent: COUNT, overtook: 0, lost: { loss: 0, burst: 0, queue: 0 } });
  });

  it('loses a share, one by one', () => {
    const { fates, link } = through({ loss: 0.05 });
    expect((COUNT - arrived(fates).length) / COUNT).toBeCloseTo(0.05, 2);
    expect(link.counts.lost.loss).toBe(COUNT - arrived(fates).length);
  });

  it('loses in bursts of the length that was asked for', () => {
    const { fates } = through({ bursts: { share: 0.01, length: 4 } });
    const lengths = fates
      .map((fate) => ('lost' in fate ? 'x' : '.'))
      .join('')
      .match(/x+/g)!
      .map((run) => run.length);
    const mean = lengths.reduce((sum, n) => sum + n, 0) / lengths.length;
    expect(mean).toBeGreaterThan(3.2);
    expect(mean).toBeLessThan(4.8);
  });

  it('delays and jitters, and keeps the order', () => {
    const { fates } = through({ delayMs: 40, jitterMs: 30 });
    const all = arrived(fates);
    const delays = all.map(({ atMs, ms }) => atMs - ms);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...delays)).toBeLessThanOrEqual(70);
    expect(all.every(({ atMs }, at) => at === 0 || atMs >= all[at - 1]!.atMs)).toBe(true);
  });

  it('lets some overtake', () => {
    const { fates, link } = through({ delayMs: 10, jitterMs: 30, reorder: 0.1 });
    const overtook = arrived(fates).filter(({ overtakes }) => overtakes).length;
    expect(overtook / COUNT).toBeGreaterThan(0.08);
    expect(link.counts.overtook).toBe(overtook);
  });

  it('carries what its bandwidth lets through, and queues no longer than it may', () => {
    // 100 bytes a millisecond are 800 kbit/s.
    const { fates, link } = through({ bandwidth: { kbitPerS: 400, queueMs: 50 } });
    const all = arrived(fates);
    expect(all.length / COUNT).toBeCloseTo(0.5, 1);
    expect(Math.max(...all.map(({ atMs, ms }) => atMs - ms))).toBeLessThanOrEqual(53);
    expect(link.counts.lost.queue).toBe(COUNT - all.length);
  });
});
