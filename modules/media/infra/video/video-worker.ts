import { parentPort } from 'node:worker_threads';

import { PictureDecoder, type Picture } from './picture-decoder.js';
import type { VideoReply, VideoRequest } from './protocol.js';

/** Decoders of live tracks: VP8 and H264 frames may refer to the one before. */
const tracks = new Map<number, { codec: string; decoder: PictureDecoder }>();

function decoderOf(request: Extract<VideoRequest, { t: 'frame' }>): PictureDecoder {
  const known = tracks.get(request.track);
  if (known?.codec === request.codec) return known.decoder;
  known?.decoder.close();
  const decoder = new PictureDecoder(request.codec);
  tracks.set(request.track, { codec: request.codec, decoder });
  return decoder;
}

function decode(request: Exclude<VideoRequest, { t: 'close' }>): Picture | true | null {
  if (request.t === 'frame') return decoderOf(request).decode(request.data, request.maxSide, request.picture);
  const decoder = new PictureDecoder(request.format);
  try {
    return decoder.decode(request.data, request.maxSide, true);
  } finally {
    decoder.close();
  }
}

function reply(job: number, result: Picture | true | null, startedAt: number): void {
  const image = typeof result === 'object' ? result : null;
  const message: VideoReply = { job, ok: result !== null, image, decodeMs: performance.now() - startedAt };
  parentPort?.postMessage(message, image ? [image.data.buffer as ArrayBuffer] : []);
}

parentPort?.on('message', (request: VideoRequest) => {
  if (request.t === 'close') {
    tracks.get(request.track)?.decoder.close();
    tracks.delete(request.track);
    return;
  }
  const startedAt = performance.now();
  let result: Picture | true | null = null;
  try {
    result = decode(request);
  } catch {
    // The job is answered as undecodable; its track gets a new decoder, because this one's state is unknown.
    if (request.t === 'frame') tracks.delete(request.track);
  }
  reply(request.job, result, startedAt);
});
