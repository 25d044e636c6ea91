import { Worker } from 'node:worker_threads';
import { VisavisError, workerEntry, type Guard, type RgbImage } from '#modules/contracts';
import type { RemoteClock } from '../options.js';

export interface JpegWorkerData {
  /** 1..100. */
  readonly quality: number;
}
export interface JpegJob {
  readonly id: number;
  readonly image: RgbImage;
}
export interface JpegReply {
  readonly id: number;
  readonly jpeg: Uint8Array;
}

/** A picture takes milliseconds: one that takes this long (ms) will not come. */
const STUCK_MS = 5000;

interface Waiting {
  readonly resolve: (jpeg: Uint8Array) => void;
  readonly reject: (error: VisavisError) => void;
}

/** The thread that encodes pictures, for all sessions; begun with the first picture, and anew after its loss. */
export class JpegClient {
  private readonly data: JpegWorkerData;
  private readonly by: { readonly clock: RemoteClock; readonly guard: Guard };
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | null = null;
  private nextId = 1;
  private closed = false;

  constructor(data: JpegWorkerData, by: { clock: RemoteClock; guard: Guard }) {
    this.data = data;
    this.by = by;
  }

  /** Pictures that wait, of all sessions. */
  get backlog(): number {
    return this.waiting.size;
  }

  /**
   * @param image of even sides; its buffer is given away
   * @throws `engine_restarting` where the thread was lost: it may be tried again
   */
  async encode(image: RgbImage): Promise<Uint8Array> {
    if (this.closed) throw new VisavisError('engine_failed', 'the engine is closed');
    const worker = (this.worker ??= this.start());
    const id = this.nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.waiting.set(id, { resolve, reject });
    const job: JpegJob = { id, image };
    // It keeps the process alive while somebody waits for it, and not beyond.
    worker.ref();
    worker.postMessage(job, [image.data.buffer as ArrayBuffer]);
    const onStuck = this.by.guard.wrap('engine.jpeg', () => this.lost(worker, 'is stuck'));
    const cancel = this.by.clock.after(STUCK_MS, onStuck);
    try {
      return await promise;
    } finally {
      cancel();
      if (this.waiting.size === 0) worker.unref();
    }
  }

  /** The thread ends by itself, once it has done what it was asked to. */
  close(): void {
    this.closed = true;
    this.worker?.postMessage(null);
    this.worker = null;
  }

  private start(): Worker {
    const { url, execArgv } = workerEntry('./jpeg-worker', import.meta.url);
    const worker = new Worker(url, { name: 'jpeg', workerData: this.data, execArgv });
    const { guard } = this.by;
    worker.on(
      'message',
      guard.wrap('engine.jpeg', ({ id, jpeg }: JpegReply) => {
        this.waiting.get(id)?.resolve(jpeg);
        this.waiting.delete(id);
      }),
    );
    worker.on(
      'error',
      guard.wrap('engine.jpeg', () => this.lost(worker, 'failed')),
    );
    worker.on(
      'exit',
      guard.wrap('engine.jpeg', () => this.lost(worker, 'ended')),
    );
    worker.unref();
    return worker;
  }

  private lost(worker: Worker, why: string): void {
    if (this.worker !== worker && this.worker !== null) return;
    this.worker = null;
    for (const { reject } of this.waiting.values())
      reject(new VisavisError('engine_restarting', `the encoder of pictures ${why}`));
    this.waiting.clear();
  }
}
