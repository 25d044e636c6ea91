import { PacketIndex } from './packet-index.js';

const take = (index: PacketIndex, sequenceNumber: number, ssrc = 1): number => {
  const rollovers = index.guess(ssrc, sequenceNumber);
  if (rollovers >= 0) index.accept(ssrc, sequenceNumber, rollovers);
  return rollovers;
};

describe('PacketIndex', () => {
  test('counts wraps, each stream its own', () => {
    const index = new PacketIndex();
    expect([65_530, 65_535, 2, 30_000, 60_000, 1].map((n) => take(index, n))).toEqual([0, 0, 1, 1, 1, 2]);
    expect(take(index, 65_535, 2)).toBe(0);
  });

  test('what comes late across a wrap is of before it, and does not turn it back', () => {
    const index = new PacketIndex();
    expect([65_535, 1, 65_534, 2].map((n) => take(index, n))).toEqual([0, 1, 0, 1]);
  });

  test('nothing is from before the first', () => {
    const index = new PacketIndex();
    take(index, 5);
    expect(index.guess(1, 60_000)).toBe(-1);
  });

  test('what was only guessed changes nothing', () => {
    const index = new PacketIndex();
    take(index, 65_000);
    expect(index.guess(1, 3)).toBe(1);
    expect(index.guess(1, 65_001)).toBe(0);
  });

  test('streams without end forget the oldest', () => {
    const index = new PacketIndex();
    for (const n of [65_535, 0]) take(index, n, 0);
    for (let ssrc = 1; ssrc <= 256; ssrc += 1) take(index, 1, ssrc);
    expect(index.guess(0, 1)).toBe(0);
    expect(index.guess(256, 1)).toBe(0);
  });
});
