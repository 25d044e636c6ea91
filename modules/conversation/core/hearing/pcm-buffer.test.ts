import { PcmBuffer } from './pcm-buffer.js';

/** 20 ms whose samples all have one value. */
const frame = (ptsMs: number, value: number) => ({
  pcm: new Float32Array(320).fill(value),
  ptsMs,
  arrivedAtMs: ptsMs + 5,
  concealed: false,
});

describe('PcmBuffer', () => {
  test('cuts across frames, to the sample', () => {
    const buffer = new PcmBuffer();
    expect(buffer.push(frame(100, 1))).toEqual({ startMs: 100, endMs: 120 });
    buffer.push(frame(120, 2));
    expect(buffer.cut(119, 121)).toEqual(Float32Array.from([...Array(16).fill(1), ...Array(16).fill(2)]));
    expect(buffer.cut(119, 119)).toHaveLength(0);
  });

  test('pieces cut one after the other are the whole, however the times fall', () => {
    const buffer = new PcmBuffer();
    const start = 1000 / 3;
    for (let i = 0; i < 10; i++) buffer.push(frame(start + i * 20, i));
    const edges = [start, start + 33.3, start + 77.7, start + 200];
    const pieces = edges.slice(1).map((edge, i) => [...buffer.cut(edges[i]!, edge)]);
    expect(pieces.flat()).toEqual([...buffer.cut(start, start + 200)]);
  });

  test('is silent where nothing came', () => {
    const buffer = new PcmBuffer();
    buffer.push(frame(0, 1));
    buffer.push(frame(40, 1));
    const run = buffer.cut(-10, 70);
    expect(run).toHaveLength(80 * 16);
    const loud = [...run].map((x, i) => (x === 1 ? i / 16 : null)).filter((x) => x !== null);
    expect([loud[0], loud.at(-1)]).toEqual([10, 70 - 1 / 16 - 0]);
    expect(loud).toHaveLength(40 * 16);
  });

  test('knows when the packet came that holds the audio before a time', () => {
    const buffer = new PcmBuffer();
    expect(buffer.arrivalOf(10)).toBeNull();
    buffer.push(frame(0, 0));
    buffer.push(frame(20, 0));
    expect(buffer.arrivalOf(20)).toBe(5);
    expect(buffer.arrivalOf(21)).toBe(25);
  });

  test('keeps no more than it is told to', () => {
    const buffer = new PcmBuffer();
    for (let i = 0; i < 100; i++) {
      buffer.push(frame(i * 20, 0));
      buffer.trimBefore(i * 20 - 200);
    }
    expect(buffer.durationMs).toBeLessThanOrEqual(240);
  });
});
