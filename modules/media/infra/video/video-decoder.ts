import { Worker } from 'node:worker_threads';

import { workerEntry, type RgbImage } from '#modules/contracts';

import type { ImageHeader } from '../../core/image-header.js';
import type { DecodedPicture, VideoCodec, VideoTrackDecoder } from '../../core/ports.js';
import type { VideoReply, VideoRequest } from './protocol.js';

type Settle = (reply: VideoReply | null) => void;

/**
 * The one video worker of the process, shared by all peers. It is started at the first job; where it dies, the jobs under way
 * are answered as undecodable and the next job starts a new one.
 */
export class VideoDecoder {
  #worker: Worker | null = null;
  readonly #jobs = new Map<number, Settle>();
  #nextJob = 0;
  #nextTrack = 0;

  /** Starts the worker ahead of its first job: loading libav takes some 100 ms. */
  warm(): void {
    this.#ensure();
  }

  /** @param maxSide pictures are scaled down to fit a square of this side, pixels */
  openTrack(codec: VideoCodec, maxSide: number): VideoTrackDecoder {
    const track = this.#nextTrack++;
    let pending = 0;
    const decode = async (
      data: Uint8Array,
      picture: boolean,
    ): Promise<DecodedPicture | 'undecodable' | null> => {
      pending += 1;
      const job = this.#nextJob++;
      const reply = await this.#run({ t: 'frame', job, track, codec, data, picture, maxSide });
      pending -= 1;
      if (!reply?.ok) return 'undecodable';
      return reply.image && { image: reply.image, decodeMs: reply.decodeMs };
    };
    return {
      get pending() {
        return pending;
      },
      decode,
      close: () => this.#worker?.postMessage({ t: 'close', track } satisfies VideoRequest),
    };
  }

  /** Decodes a still image; null where libav cannot. The bytes are copied. */
  async decodeImage(
    bytes: Uint8Array,
    format: ImageHeader['format'],
    maxSide: number,
  ): Promise<RgbImage | null> {
    const job = this.#nextJob++;
    // Not `slice()`, which for a Buffer is a view: transferring it would take the caller's bytes, or Node's pool, away.
    const data = new Uint8Array(bytes);
    const reply = await this.#run({ t: 'image', job, format, data, maxSide });
    return reply?.image ?? null;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#abandonJobs();
    await worker?.terminate();
  }

  #run(request: Exclude<VideoRequest, { t: 'close' }>): Promise<VideoReply | null> {
    const worker = this.#ensure();
    // Only work keeps the process alive: a worker that waits does not.
    worker.ref();
    return new Promise((resolve) => {
      this.#jobs.set(request.job, resolve);
      worker.postMessage(request, [request.data.buffer as ArrayBuffer]);
    });
  }

  #ensure(): Worker {
    if (this.#worker) return this.#worker;
    const entry = workerEntry('./video-worker', import.meta.url);
    const worker = new Worker(entry.url, { execArgv: entry.execArgv });
    worker.on('message', (reply: VideoReply) => {
      this.#jobs.get(reply.job)?.(reply);
      this.#jobs.delete(reply.job);
      if (this.#jobs.size === 0) worker.unref();
    });
    worker.on('error', () => this.#onExit(worker));
    worker.on('exit', () => this.#onExit(worker));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #onExit(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#abandonJobs();
  }

  #abandonJobs(): void {
    for (const settle of this.#jobs.values()) settle(null);
    this.#jobs.clear();
  }
}
