import type { MediaPacket } from '../rooms/room.js';
import { beginsKeyFrame } from './key-frame.js';
import { Splice } from './splice.js';
import { TokenBucket } from './token-bucket.js';

const packet = (sequenceNumber: number, timestamp: number): MediaPacket => ({
  sequenceNumber,
  timestamp,
  marker: true,
  payload: Uint8Array.of(1),
});
const numbers = ({ sequenceNumber, timestamp }: MediaPacket) => [sequenceNumber, timestamp];

describe('Splice', () => {
  it('leaves a source as it is, with its gaps and its order', () => {
    const splice = new Splice(90_000);
    const given = [packet(5, 1000), packet(8, 2000), packet(7, 1500)];
    expect(given.map((each, i) => splice.push('a', each, i))).toEqual(given);
  });

  it('goes on behind the newest packet of the source before, as much later as it took', () => {
    const splice = new Splice(90_000);
    splice.push('a', packet(65_535, 0xffff_ff00), 0);
    splice.push('a', packet(65_534, 0xffff_f000), 1); // overtaken
    expect(numbers(splice.push('b', packet(100, 7), 10))).toEqual([0, (0xffff_ff00 + 900) >>> 0]);
    expect(numbers(splice.push('b', packet(102, 97), 12))).toEqual([2, (0xffff_ff00 + 990) >>> 0]);
    expect(numbers(splice.push('a', packet(65_535, 0), 1010))).toEqual([
      3,
      (0xffff_ff00 + 990 + 998 * 90) >>> 0,
    ]);
  });
});

describe('beginsKeyFrame', () => {
  it.each([
    ['vp8', [0x10, 0x10], true],
    ['vp8', [0x10, 0x11], false],
    ['vp8', [0x00, 0x10], false], // not the first packet of its picture
    ['vp8', [0x90, 0x80, 0x80, 0x01, 0x10], true], // a picture id of two bytes
    ['vp8', [0x90, 0x80, 0x01, 0x10], true], // of one
    ['vp8', [0x90, 0xe0, 0x81, 0x01, 0x02, 0x03, 0x11], false], // with TL0PICIDX and TID
    ['vp8', [0x90, 0xe0, 0x81, 0x01, 0x02, 0x03, 0x10], true],
    ['vp8', [0x10], false],
    ['vp8', [], false],
    ['h264', [0x65], true],
    ['h264', [0x67], true],
    ['h264', [0x41], false],
    ['h264', [0x78, 0, 10, 0x67], true],
    ['h264', [0x7c, 0x85], true],
    ['h264', [0x7c, 0x05], false], // in the middle of it
    ['h264', [0x7c, 0x81], false],
    ['h264', [], false],
  ] as const)('%s %j: %s', (codec, bytes, key) => {
    expect(beginsKeyFrame(codec, Uint8Array.from(bytes))).toBe(key);
  });
});

test('a token bucket gives a burst, and then what comes back', () => {
  const bucket = new TokenBucket(2, 0.5);
  expect([0, 0, 0].map((atMs) => bucket.take(atMs))).toEqual([true, true, false]);
  expect([1999, 2000, 2001].map((atMs) => bucket.take(atMs))).toEqual([false, true, false]);
  expect([100_000, 100_000, 100_000].map((atMs) => bucket.take(atMs))).toEqual([true, true, false]);
});
