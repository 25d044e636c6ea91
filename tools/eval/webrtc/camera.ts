import type { VideoClip, VideoClipFrame } from '@vis-a-vis/client/node';
import type { RgbImage } from '#modules/contracts';
import { Vp8Encoder } from '../../support/vp8-encoder.js';

export const WIDTH = 640;
export const HEIGHT = 480;
const FPS = 15;
/** Bits a second, of the time for which the encoder takes it: a picture is given as many as in a call that is sampled once a second. */
const BITRATE = 300_000;
/** Seconds of that time for which each picture is shown: two samples, so that the second is there to be dropped as a duplicate. */
export const SECONDS_SHOWN = 2;

/**
 * What a camera shows that looks at one picture after the other: 640×480 VP8 at 300 kbit/s with a key frame each second, as one that honours
 * the gateway's requests sends.
 * @param secondMs how long a second of it takes when it is played (ms): less than 1000 keeps the quality and saves time
 */
export async function film(pictures: readonly RgbImage[], secondMs: number): Promise<VideoClip> {
  const encoder = await Vp8Encoder.open({
    width: WIDTH,
    height: HEIGHT,
    fps: FPS,
    bitsPerSecond: BITRATE,
    keyEvery: FPS,
  });
  try {
    const frames: VideoClipFrame[] = [];
    for (const picture of pictures) {
      encoder.show(picture);
      for (let n = 0; n < SECONDS_SHOWN * FPS; n++) frames.push(...(await encoder.encode()));
    }
    frames.push(...(await encoder.end()));
    return {
      width: WIDTH,
      height: HEIGHT,
      frames: frames.map((frame) => ({ ...frame, ptsMs: (frame.ptsMs * secondMs) / FPS })),
      durationMs: (frames.length * secondMs) / FPS,
    };
  } finally {
    encoder.close();
  }
}
