import type { VideoClipFrame } from '@vis-a-vis/client/node';
import { Vp8Encoder, type Picture } from '../../tools/support/vp8-encoder.js';

const SIDE = { width: 640, height: 480 };
/** Longer than the gateway waits before it asks for the next one (s). */
const KEY_EVERY_S = 1.5;
/** Camera noise, steps of 0..255. */
const GRAIN = 12;
const NOISES = 5;
const PLACES = 4;
/** Of the shape in the picture, pixels. */
const SHAPE = 150;

/** What a camera sends between two key frames. */
export type GroupOfPictures = readonly VideoClipFrame[];

export interface ClipSettings {
  readonly kbps: number;
  readonly fps: number;
  /** What it shows is news with each key frame; else it is always the same, but for the camera's noise. */
  readonly moving: boolean;
}

/** A camera's 640×480 VP8 in groups of pictures, one after another: whoever is asked for a key frame goes on with the next group. */
export async function encodeGroups({ kbps, fps, moving }: ClipSettings): Promise<GroupOfPictures[]> {
  const keyEvery = Math.max(1, Math.round(fps * KEY_EVERY_S));
  const encoder = await Vp8Encoder.open({ ...SIDE, fps, bitsPerSecond: kbps * 1000, keyEvery });
  try {
    const frames: VideoClipFrame[] = [];
    for (let place = 0; place < PLACES; place += 1) {
      const pictures = grainy(scene(moving ? place : 0));
      for (let n = 0; n < keyEvery; n += 1) {
        const picture = pictures[n % pictures.length];
        if (picture) encoder.show(picture);
        frames.push(...(await encoder.encode()));
      }
    }
    frames.push(...(await encoder.end()));
    const groups: VideoClipFrame[][] = [];
    for (const frame of frames) {
      if (frame.key) groups.push([]);
      groups.at(-1)?.push(frame);
    }
    return groups;
  } finally {
    encoder.close();
  }
}

/** A table in grey, and on it a square: in another corner, and another colour, for each place. */
function scene(place: number): Picture {
  const { width, height } = SIDE;
  const data = new Uint8Array(width * height * 3);
  const left = (place & 1) === 0 ? 60 : width - SHAPE - 60;
  const top = (place & 2) === 0 ? 40 : height - SHAPE - 40;
  const colour = [
    [200, 40, 40],
    [40, 160, 60],
    [50, 60, 200],
    [210, 190, 40],
  ][place % PLACES] ?? [0, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const inside = x >= left && x < left + SHAPE && y >= top && y < top + SHAPE;
      const table = 120 + Math.round((60 * x) / width);
      for (let c = 0; c < 3; c += 1) data[(y * width + x) * 3 + c] = inside ? (colour[c] ?? 0) : table;
    }
  }
  return { width, height, data };
}

/** The same picture with some kinds of noise. */
function grainy(picture: Picture): Picture[] {
  let seed = 1;
  return Array.from({ length: NOISES }, () => {
    const data = Uint8Array.from(picture.data, (value) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.max(0, Math.min(255, value + (seed >>> 16) / (65_536 / (2 * GRAIN)) - GRAIN));
    });
    return { ...picture, data };
  });
}
