import type { ServerEventBody } from '@vis-a-vis/protocol';
import type { CameraShare } from '#modules/conversation';
import type { Budget, Rung } from './ladder.js';

/** What calls are given, and why it is no more. */
export interface Level {
  readonly rung: Rung;
  /** What ran out; null: nothing. */
  readonly reason: Budget | null;
  readonly camera: CameraShare;
}

/** The rungs of an engine. @param shrinks it takes smaller pictures, and computes less for them */
export function rungsOf(shrinks: boolean): readonly Rung[] {
  return shrinks
    ? ['full', 'frame_rate', 'resolution', 'window', 'refuse']
    : ['full', 'frame_rate', 'window', 'refuse'];
}

/**
 * What a rung leaves of the camera: half of the frames from `frame_rate` on; pictures of half the width and height from `resolution`
 * on, where the engine takes them; a quarter of the frames, and half of the window, from `window` on.
 */
export function cameraOf(rung: Rung, full: CameraShare, shrinks: boolean): CameraShare {
  if (rung === 'full') return full;
  const narrow = rung === 'window' || rung === 'refuse';
  const small = shrinks && (narrow || rung === 'resolution');
  const { frameIntervalMs, frameSize, maxFrames } = full;
  return {
    frameIntervalMs: frameIntervalMs * (narrow ? 4 : 2),
    frameSize: small ? { width: half(frameSize.width), height: half(frameSize.height) } : frameSize,
    maxFrames: narrow ? Math.max(1, Math.floor(maxFrames / 2)) : maxFrames,
  };
}

/** What clients are told of it. That new calls are refused changes nothing for those that are open. */
export function degradedEvent({ rung, reason, camera }: Level): ServerEventBody {
  const { frameIntervalMs, frameSize, maxFrames } = camera;
  return {
    type: 'visavis.degraded',
    part: 'capacity',
    level: {
      rung: rung === 'refuse' ? 'window' : rung,
      reason,
      frame_interval_ms: frameIntervalMs,
      frame_width: frameSize.width,
      frame_height: frameSize.height,
      max_frames: maxFrames,
    },
  };
}

/** Encoders of pictures want even sides. */
function half(side: number): number {
  return Math.max(16, 2 * Math.round(side / 4));
}
