import { readH264, readVp8 } from './depacketize.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const joined = (chunks: readonly Uint8Array[] | undefined) => (chunks ?? []).flatMap((c) => [...c]);

describe('VP8', () => {
  test.each([
    ['one byte', [0x10], 0],
    ['picture id of 7 bits', [0x90, 0x80, 0x11], 0],
    ['picture id of 15 bits', [0x90, 0x80, 0x91, 0x22], 0],
    ['picture id, TL0PICIDX, TID and KEYIDX', [0x90, 0xf0, 0x91, 0x22, 5, 0x20], 0],
  ])('skips a descriptor with %s', (_name, descriptor) => {
    const part = readVp8(bytes(...descriptor, 0x50, 7, 8));
    expect(part).toMatchObject({ begins: true, key: true });
    expect(joined(part?.chunks)).toEqual([0x50, 7, 8]);
  });

  test('tells key frames by the P bit, in the first packet only', () => {
    expect(readVp8(bytes(0x10, 0x51))).toMatchObject({ begins: true, key: false });
    expect(readVp8(bytes(0x00, 0x50))).toMatchObject({ begins: false, key: null });
    expect(readVp8(bytes(0x11, 0x50))).toMatchObject({ begins: false, key: null });
  });

  test.each([
    ['empty', []],
    ['without payload', [0x10]],
    ['cut off', [0x90, 0x80]],
  ])('malformed: %s', (_name, p) => {
    expect(readVp8(bytes(...p))).toBeNull();
  });
});

describe('H264', () => {
  test('a single unit', () => {
    const part = readH264(bytes(0x65, 1, 2));
    expect(part?.key).toBe(true);
    expect(joined(part?.chunks)).toEqual([0, 0, 0, 1, 0x65, 1, 2]);
  });

  test('an aggregate of parameter sets and a slice', () => {
    const part = readH264(bytes(0x78, 0, 2, 0x67, 9, 0, 2, 0x65, 8));
    expect(part?.key).toBe(true);
    expect(joined(part?.chunks)).toEqual([0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x65, 8]);
  });

  test('fragments', () => {
    const first = readH264(bytes(0x7c, 0x85, 1, 2));
    const second = readH264(bytes(0x7c, 0x45, 3));
    expect(first).toMatchObject({ begins: true, key: true });
    expect([...joined(first?.chunks), ...joined(second?.chunks)]).toEqual([0, 0, 0, 1, 0x65, 1, 2, 3]);
    expect(second?.begins).toBe(false);
  });

  test('an aggregate and a fragment with a decoding order number', () => {
    const aggregate = readH264(bytes(0x79, 0, 1, 0, 2, 0x67, 9, 0, 2, 0x65, 8));
    expect(aggregate).toMatchObject({ key: true, sets: true });
    expect(joined(aggregate?.chunks)).toEqual([0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x65, 8]);
    expect(joined(readH264(bytes(0x7d, 0x85, 0, 1, 7))?.chunks)).toEqual([0, 0, 0, 1, 0x65, 7]);
  });

  test('parameter sets alone do not tell the kind of frame', () => {
    expect(readH264(bytes(0x67, 1))?.key).toBeNull();
    expect(readH264(bytes(0x61, 1))?.key).toBe(false);
  });

  test.each([
    ['empty', []],
    ['fragment without a body', [0x7c, 0x85]],
    ['aggregate beyond its end', [0x78, 0, 9, 0x67]],
    ['aggregate of nothing', [0x78]],
    ['unknown unit type', [0x1f, 1]],
  ])('malformed: %s', (_name, p) => {
    expect(readH264(bytes(...p))).toBeNull();
  });
});
