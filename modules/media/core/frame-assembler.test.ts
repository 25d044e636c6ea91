import { readH264, readVp8 } from './depacketize.js';
import { FrameAssembler } from './frame-assembler.js';

const KEY = [0x10, 0x50];
const DELTA = [0x10, 0x51];
const MORE = [0x00];

function packet(timestamp: number, head: readonly number[], marker: boolean) {
  return {
    ssrc: 1,
    payloadType: 96,
    sequenceNumber: 0,
    timestamp,
    marker,
    payload: Uint8Array.from([...head, 7, 7]),
  };
}

describe('FrameAssembler', () => {
  let frames: FrameAssembler;
  beforeEach(() => {
    frames = new FrameAssembler({ read: readVp8 }, 100);
  });

  test('joins the packets of a frame', () => {
    expect(frames.push(packet(1, KEY, false), 0)).toBeNull();
    const frame = frames.push(packet(1, MORE, true), 0);
    expect(frame).toMatchObject({ key: true, timestamp: 1, continuous: true });
    expect(frame).toHaveProperty('data', Uint8Array.of(0x50, 7, 7, 7, 7));
  });

  test('reports a key frame with a lost packet', () => {
    frames.push(packet(1, KEY, false), 0);
    expect(frames.push(packet(1, MORE, true), 1)).toBe('damaged_frame');
  });

  test('reports a key frame whose end was lost', () => {
    frames.push(packet(1, KEY, false), 0);
    expect(frames.push(packet(2, DELTA, false), 1)).toBe('damaged_frame');
  });

  test('drops a damaged frame that nobody waits for in silence', () => {
    frames.push(packet(1, DELTA, false), 0);
    expect(frames.push(packet(1, MORE, true), 1)).toBeNull();
  });

  test('does not pass on a frame whose beginning was lost', () => {
    expect(frames.push(packet(1, MORE, true), 1)).toBeNull();
  });

  test('the frame after a loss is not continuous, the next one is', () => {
    frames.push(packet(1, KEY, true), 0);
    expect(frames.push(packet(3, DELTA, true), 2)).toMatchObject({ continuous: false });
    expect(frames.push(packet(4, DELTA, true), 0)).toMatchObject({ continuous: true });
  });

  test('reports a frame beyond the size limit once', () => {
    const big = { ...packet(1, KEY, false), payload: new Uint8Array(200).fill(0x10) };
    expect(frames.push(big, 0)).toBe('oversized_frame');
    expect(frames.push(packet(1, MORE, true), 0)).toBeNull();
    expect(frames.push(packet(2, KEY, true), 0)).toMatchObject({ key: true });
  });

  test('reports a malformed payload, and goes on', () => {
    expect(frames.push({ ...packet(1, KEY, true), payload: Uint8Array.of(0x90) }, 0)).toBe(
      'malformed_payload',
    );
    expect(frames.push(packet(2, KEY, true), 0)).toMatchObject({ key: true, continuous: false });
  });

  test('padding has its place in the numbering and no part in a frame', () => {
    const padding = (timestamp: number) => ({ ...packet(timestamp, [], false), payload: new Uint8Array(0) });
    frames.push(packet(1, KEY, false), 0);
    expect(frames.endBefore(padding(9), 0)).toBeNull();
    expect(frames.push(padding(9), 0)).toBeNull();
    expect(frames.push(packet(1, MORE, true), 0)).toHaveProperty('data', Uint8Array.of(0x50, 7, 7, 7, 7));
    expect(frames.push(padding(1), 2)).toBeNull();
    expect(frames.push(packet(2, DELTA, true), 0)).toMatchObject({ continuous: false });
  });

  test('a frame without a marker ends where the next begins, unless something was lost between them', () => {
    frames.push(packet(1, KEY, false), 0);
    expect(frames.endBefore(packet(1, MORE, false), 0)).toBeNull();
    expect(frames.endBefore(packet(2, DELTA, false), 0)).toMatchObject({ key: true, timestamp: 1 });
    expect(frames.push(packet(2, DELTA, false), 0)).toBeNull();
    expect(frames.endBefore(packet(3, DELTA, false), 1)).toBeNull();
    expect(frames.push(packet(3, DELTA, true), 1)).toMatchObject({ continuous: false, timestamp: 3 });
  });

  describe('H264', () => {
    const SPS = [0x67, 66, 0, 30];
    const IDR = [0x65];
    beforeEach(() => {
      frames = new FrameAssembler({ read: readH264 }, 100);
    });

    test('parameter sets of their own are told as such, and the picture after them is continuous', () => {
      expect(frames.push(packet(1, SPS, true), 0)).toMatchObject({ bare: true, sets: true, key: false });
      expect(frames.push(packet(1, IDR, true), 0)).toMatchObject({
        bare: false,
        key: true,
        continuous: true,
      });
    });

    test('a loss before them is a loss before the picture', () => {
      frames.push(packet(0, IDR, true), 0);
      frames.push(packet(1, SPS, true), 3);
      expect(frames.push(packet(2, [0x61], true), 0)).toMatchObject({ continuous: false });
    });
  });
});
