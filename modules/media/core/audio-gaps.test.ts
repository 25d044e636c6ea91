import { AudioGaps, type AudioStep } from './audio-gaps.js';
import { isDtx, opusTicks } from './opus-packet.js';

/** TOC 0x78: CELT, 20 ms, one frame. */
const P20 = Uint8Array.of(0x78, 1, 2, 3);
const DTX = Uint8Array.of(0x78);
const FRAME = 960;
const kinds = (steps: AudioStep[] | string) =>
  typeof steps === 'string' ? steps : steps.map((s) => [s.do, s.extended, s.ticks]);

describe('opusTicks', () => {
  test.each([
    ['SILK 60 ms', [0x18, 0], 2880],
    ['hybrid 20 ms', [0x68, 0], 960],
    ['CELT 2.5 ms', [0x80, 0], 120],
    ['CELT 20 ms', [0x98, 0], 960],
    ['two frames of 20 ms', [0x99, 0], 1920],
    ['three frames of 20 ms', [0x9b, 3], 2880],
  ])('%s', (_name, bytes, ticks) => {
    expect(opusTicks(Uint8Array.from(bytes))).toBe(ticks);
  });

  test.each([
    ['empty', []],
    ['no frame count', [0x9b]],
    ['no frames', [0x9b, 0]],
    ['longer than 120 ms', [0x9b, 7]],
  ])('malformed: %s', (_name, bytes) => {
    expect(opusTicks(Uint8Array.from(bytes))).toBeNull();
  });

  test('a packet of one or two bytes announces a pause', () => {
    expect(isDtx(DTX)).toBe(true);
    expect(isDtx(P20)).toBe(false);
  });
});

describe('AudioGaps', () => {
  let gaps: AudioGaps;
  beforeEach(() => {
    gaps = new AudioGaps();
    gaps.push(P20, 10_000, 0);
  });

  test('decodes consecutive packets', () => {
    expect(kinds(gaps.push(P20, 10_960, 0))).toEqual([['decode', 10_960, FRAME]]);
  });

  test('recovers one lost packet from the next one', () => {
    expect(kinds(gaps.push(P20, 11_920, 1))).toEqual([
      ['fec', 10_960, FRAME],
      ['decode', 11_920, FRAME],
    ]);
  });

  test('conceals what the next packet cannot hold', () => {
    expect(kinds(gaps.push(P20, 10_000 + 4 * FRAME, 3))).toEqual([
      ['conceal', 10_960, 2 * FRAME],
      ['fec', 10_000 + 3 * FRAME, FRAME],
      ['decode', 10_000 + 4 * FRAME, FRAME],
    ]);
  });

  test('beyond 120 ms the rest of a loss is silence', () => {
    expect(kinds(gaps.push(P20, 10_000 + 11 * FRAME, 10))).toEqual([
      ['conceal', 10_960, 5760],
      ['silence', 10_960 + 5760, 3 * FRAME],
      ['fec', 10_000 + 10 * FRAME, FRAME],
      ['decode', 10_000 + 11 * FRAME, FRAME],
    ]);
  });

  test('a pause without loss is silence', () => {
    gaps.push(DTX, 10_960, 0);
    expect(kinds(gaps.push(P20, 10_960 + 20 * FRAME, 0))).toEqual([
      ['silence', 11_920, 19 * FRAME],
      ['decode', 10_960 + 20 * FRAME, FRAME],
    ]);
  });

  test('a gap beyond three seconds is not filled', () => {
    expect(kinds(gaps.push(P20, 10_000 + 200 * FRAME, 199))).toEqual([
      ['decode', 10_000 + 200 * FRAME, FRAME],
    ]);
  });

  test('while a sender pauses, silence follows the clock at a margin', () => {
    gaps.push(DTX, 10_960, 0);
    const behind = (nowMs: number) => (extended: number) => nowMs - (extended - 10_960) / 48;
    expect(gaps.idle(behind(100))).toEqual([]);
    expect(kinds(gaps.idle(behind(141)))).toEqual([
      ['silence', 11_920, FRAME],
      ['silence', 12_880, FRAME],
    ]);
  });

  test('a sender that stops without a word is waited for', () => {
    const behind = (nowMs: number) => (extended: number) => nowMs - (extended - 10_000) / 48;
    expect(gaps.idle(behind(1000))).toEqual([]);
    expect(gaps.idle(behind(1100))).toHaveLength(3);
    expect(gaps.idle(behind(60_000)).length).toBeLessThanOrEqual(150);
  });

  test('a packet whose time is filled is late', () => {
    const behind = (nowMs: number) => (extended: number) => nowMs - (extended - 10_000) / 48;
    gaps.idle(behind(1500));
    expect(gaps.push(P20, 10_960, 0)).toBe('late');
  });

  test('a malformed packet is reported', () => {
    expect(gaps.push(new Uint8Array(0), 10_960, 0)).toBe('malformed_payload');
  });
});
