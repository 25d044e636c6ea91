import { readFile } from 'node:fs/promises';

export interface VideoClipFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** From the start of the clip. */
  readonly ptsMs: number;
}

/** VP8 frames that can be sent as they are. */
export interface VideoClip {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly VideoClipFrame[];
  readonly durationMs: number;
}

/**
 * Reads a VP8 video from an IVF file.
 * @throws Error where the file is not VP8 in IVF
 */
export async function readIvf(path: string): Promise<VideoClip> {
  return parseIvf(await readFile(path));
}

export function parseIvf(file: Buffer): VideoClip {
  if (
    file.length < 32 ||
    file.toString('latin1', 0, 4) !== 'DKIF' ||
    file.toString('latin1', 8, 12) !== 'VP80'
  ) {
    throw new Error('not an IVF file with VP8');
  }
  const tickMs = (1000 * file.readUInt32LE(20)) / file.readUInt32LE(16);
  const frames: VideoClipFrame[] = [];
  for (let at = file.readUInt16LE(6); at + 12 <= file.length;) {
    const size = file.readUInt32LE(at);
    const data = file.subarray(at + 12, at + 12 + size);
    // The first bit of a VP8 frame is 0 in key frames (RFC 6386, section 9.1).
    frames.push({
      data,
      key: ((data[0] ?? 1) & 1) === 0,
      ptsMs: Number(file.readBigUInt64LE(at + 4)) * tickMs,
    });
    at += 12 + size;
  }
  if (!frames[0]?.key) throw new Error('the video does not begin with a key frame');
  const last = frames.at(-1)?.ptsMs ?? 0;
  const step = frames.length > 1 ? last / (frames.length - 1) : 1000;
  return { width: file.readUInt16LE(12), height: file.readUInt16LE(14), frames, durationMs: last + step };
}
