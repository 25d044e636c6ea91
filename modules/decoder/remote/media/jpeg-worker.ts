import { parentPort, workerData } from 'node:worker_threads';
import { JpegEncoder } from './jpeg-encoder.js';
import type { JpegJob, JpegReply, JpegWorkerData } from './jpeg-client.js';

// The thread that encodes pictures. Whatever is not caught ends it, and its owner starts another.

const { width, height, quality } = workerData as JpegWorkerData;
const encoder = new JpegEncoder(width, height, quality);

parentPort?.on('message', (job: JpegJob | null) => {
  if (job === null) {
    encoder.close();
    parentPort?.close();
    return;
  }
  const jpeg = encoder.encode(job.data);
  const reply: JpegReply = { id: job.id, jpeg };
  parentPort?.postMessage(reply, [jpeg.buffer as ArrayBuffer]);
});
