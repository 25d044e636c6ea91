import { parentPort, workerData } from 'node:worker_threads';
import { JpegEncoder } from './jpeg-encoder.js';
import type { JpegJob, JpegReply, JpegWorkerData } from './jpeg-client.js';

// The thread that encodes pictures. Whatever is not caught ends it, and its owner starts another.

/** Pictures have the size that is set, or half of it. */
const MOST_SIZES = 2;

const { quality } = workerData as JpegWorkerData;
/** By size; the one that was used last is last. */
const encoders = new Map<string, JpegEncoder>();

function encoderFor(width: number, height: number): JpegEncoder {
  const size = `${width}x${height}`;
  const encoder = encoders.get(size) ?? new JpegEncoder(width, height, quality);
  encoders.delete(size);
  encoders.set(size, encoder);
  for (const [oldest, other] of encoders) {
    if (encoders.size <= MOST_SIZES) break;
    encoders.delete(oldest);
    other.close();
  }
  return encoder;
}

parentPort?.on('message', (job: JpegJob | null) => {
  if (job === null) {
    for (const encoder of encoders.values()) encoder.close();
    parentPort?.close();
    return;
  }
  const { width, height, data } = job.image;
  const jpeg = encoderFor(width, height).encode(data);
  const reply: JpegReply = { id: job.id, jpeg };
  parentPort?.postMessage(reply, [jpeg.buffer as ArrayBuffer]);
});
