import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';

import { orientationOf } from '../../core/exif.js';
import type { ImageHeader } from '../../core/image-header.js';
import { onCanvas, scaledDown, upright } from '../../core/pixels.js';
import { plainFile } from '../../core/plain-files.js';
import { PictureDecoder, type DecodeResult } from './picture-decoder.js';
import {
  frameMessage,
  MessageReader,
  REPLY_FD,
  type Message,
  type VideoReply,
  type VideoRequest,
} from './protocol.js';

/** The decoder process: what runs here may crash, hang or take memory, and costs the gateway at most its pictures. */

const MAX_VIDEO_PIXELS = 4096 * 2304;
const MAX_IMAGE_PIXELS = 32_000_000;
/** Resident memory (bytes) at which it gives way to a fresh process, between two jobs. */
const MAX_RESIDENT = 640 * 1024 * 1024;
const RESIDENT_EACH = 32;

/** Decoders of live tracks: VP8 and H264 frames may refer to the one before. */
const tracks = new Map<number, { codec: string; decoder: PictureDecoder }>();
const replies = new Socket({ fd: REPLY_FD, readable: false, writable: true });
const requests = new MessageReader();
let jobs = 0;

function decoderOf(request: Extract<VideoRequest, { t: 'frame' }>): PictureDecoder {
  const known = tracks.get(request.track);
  if (known?.codec === request.codec) return known.decoder;
  known?.decoder.close();
  const decoder = new PictureDecoder(request.codec, MAX_VIDEO_PIXELS);
  tracks.set(request.track, { codec: request.codec, decoder });
  return decoder;
}

function decode(request: Exclude<VideoRequest, { t: 'close' }>, data: Uint8Array): DecodeResult {
  if (request.t === 'frame') return decoderOf(request).decode(data, request.maxSide, request.want);
  return decodeImage(data, request.format, request.maxSide);
}

function decodeImage(data: Uint8Array, format: ImageHeader['format'], maxSide: number): DecodeResult {
  const { file, place } = plainFile(data, format);
  const scaled = place && scaledDown(place, maxSide);
  const decoder = new PictureDecoder(format, MAX_IMAGE_PIXELS);
  try {
    const side = scaled ? Math.max(scaled.width, scaled.height) : maxSide;
    const picture = decoder.decode(file, side, 'newest');
    if (picture === null || picture === true) return null;
    return upright(scaled ? onCanvas(picture, scaled) : picture, orientationOf(data, format));
  } finally {
    decoder.close();
  }
}

function answer(request: Exclude<VideoRequest, { t: 'close' }>, data: Uint8Array): void {
  const startedAt = performance.now();
  let result: DecodeResult = null;
  try {
    result = decode(request, data);
  } catch {
    // The job is answered as undecodable; its track gets a new decoder, because this one's state is unknown.
    if (request.t === 'frame') tracks.delete(request.track);
  }
  const picture = typeof result === 'object' ? result : null;
  reply(
    {
      t: 'done',
      ok: result !== null,
      width: picture?.width ?? 0,
      height: picture?.height ?? 0,
      decodeMs: performance.now() - startedAt,
    },
    picture?.data,
  );
  jobs += 1;
  if (jobs % RESIDENT_EACH === 0 || request.t === 'image') giveWayWhenLarge();
}

function reply(head: VideoReply, body?: Uint8Array): void {
  for (const part of frameMessage(head, body)) replies.write(part);
}

/** Its parent starts another one: memory that libav or the allocator does not give back goes with the process. */
function giveWayWhenLarge(): void {
  if (process.memoryUsage.rss() <= MAX_RESIDENT) return;
  process.stderr.write('it had grown too large');
  replies.end(() => process.exit(0));
}

function onMessage({ head, body }: Message): void {
  const request = head as VideoRequest;
  if (request.t !== 'close') return answer(request, body);
  tracks.get(request.track)?.decoder.close();
  tracks.delete(request.track);
}

// A terminal or a service manager signals whole groups: this process ends when its parent has no more use for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Where memory is short, the kernel takes this one before the gateway.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Elsewhere there is no such file, and nothing to be done about it.
}
process.stdin.on('data', (chunk: Uint8Array) => {
  for (const message of requests.push(chunk)) onMessage(message);
});
// Its parent closed the pipe, or is gone.
process.stdin.on('close', () => process.exit(0));
replies.on('error', () => process.exit(0));
reply({ t: 'ready' });
