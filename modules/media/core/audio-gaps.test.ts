import { AudioGaps, type AudioStep } from './audio-gaps.js';
import { isDtx, opusTicks } from './opus-packet.js';

/** TOC 0x78: CELT, 20 ms, one frame. */
const P20 = Uint8Array.of(0x78, 1, 2, 3);
const DTX = Uint8Array.of(0x78);
const FRAME = 960;
const ROOM = 60_000;
const kinds = (steps: AudioStep[] | null) => steps?.map((s) => [s.do, s.ticks]);

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
  const push = (payload: Uint8Array, extended: number, lostBefore = 0, roomMs = ROOM) =>
    gaps.push({ payload, extended, lostBefore, roomMs });
  const idle = (waitedMs: number, patienceMs = 100) =>
    gaps.idle({ waitedMs, overdueMs: waitedMs, patienceMs });
  beforeEach(() => {
    gaps = new AudioGaps();
    push(P20, 10_000);
  });

  test('decodes consecutive packets', () => {
    expect(kinds(push(P20, 10_960))).toEqual([['decode', FRAME]]);
  });

  test('recovers one lost packet from the next one', () => {
    expect(kinds(push(P20, 11_920, 1))).toEqual([
      ['fec', FRAME],
      ['decode', FRAME],
    ]);
  });

  test('conceals what the next packet cannot hold', () => {
    expect(kinds(push(P20, 10_000 + 4 * FRAME, 3))).toEqual([
      ['conceal', 2 * FRAME],
      ['fec', FRAME],
      ['decode', FRAME],
    ]);
  });

  test('beyond 120 ms the rest of a loss is silence', () => {
    expect(kinds(push(P20, 10_000 + 11 * FRAME, 10))).toEqual([
      ['conceal', 5760],
      ['silence', 3 * FRAME],
      ['fec', FRAME],
      ['decode', FRAME],
    ]);
  });

  test('numbers that are missing where the time stamps go on lost no sound', () => {
    expect(kinds(push(P20, 10_960, 3))).toEqual([['decode', FRAME]]);
  });

  test('of a pause in which a packet was lost, no more than a packet is concealed', () => {
    expect(kinds(push(P20, 10_960 + 50 * FRAME, 2))).toEqual([
      ['conceal', FRAME],
      ['silence', 48 * FRAME],
      ['fec', FRAME],
      ['decode', FRAME],
    ]);
  });

  test('a pause without loss is silence', () => {
    push(DTX, 10_960);
    expect(kinds(push(P20, 10_960 + 20 * FRAME))).toEqual([
      ['silence', 19 * FRAME],
      ['decode', FRAME],
    ]);
  });

  test('time stamps that jump ahead make no more silence than time has passed', () => {
    expect(kinds(push(P20, 10_960 + 100_000, 0, 40))).toEqual([
      ['silence', 2 * FRAME],
      ['decode', FRAME],
    ]);
  });

  test.each([
    ['stand still', 10_960],
    ['go back', 2000],
  ])('in a pause time stamps may %s: what comes is played', (_name, extended) => {
    gaps.idle({ waitedMs: 1500, overdueMs: 1500, patienceMs: 1200 });
    expect(kinds(push(P20, extended, 0, 90))).toEqual([['decode', FRAME]]);
  });

  test('where another stream begins, the arrival clock says how long the pause was', () => {
    gaps.restart();
    expect(kinds(push(P20, 77_000_000, 0, 200))).toEqual([
      ['silence', 10 * FRAME],
      ['decode', FRAME],
    ]);
  });

  test('while no packet comes, silence follows the clock at a margin once it has been waited for', () => {
    expect(idle(100)).toEqual([]);
    expect(kinds(idle(135))).toEqual([
      ['silence', FRAME],
      ['silence', FRAME],
    ]);
    expect(kinds(idle(155))).toEqual([['silence', FRAME]]);
    expect(idle(1000, 1200)).toEqual([]);
  });

  test('silence that was played already is not played again', () => {
    idle(500);
    const filled = gaps.filledMs;
    expect(kinds(push(P20, 10_960 + 25 * FRAME))).toEqual([
      ['silence', 25 * FRAME - filled * 48],
      ['decode', FRAME],
    ]);
  });

  test('before the first packet there is nothing to go on', () => {
    expect(new AudioGaps().idle({ waitedMs: 5000, overdueMs: 5000, patienceMs: 100 })).toEqual([]);
  });

  test('a malformed packet is reported', () => {
    expect(push(new Uint8Array(0), 10_960)).toBeNull();
  });
});
