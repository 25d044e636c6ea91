import { Worker } from 'node:worker_threads';
import { VisavisError, workerEntry, type WorkerEntry } from '#modules/contracts';
import type { WindowJob, WindowResult } from '../core/batcher.js';
import type { FromVadWorker, ToVadWorker, VadWorkerData } from './worker-protocol.js';

/** A worker that dies this often without a result in between is not started again. */
const MAX_FAILURES_IN_A_ROW = 3;

export interface VadWorkerEvents {
  onResults(results: readonly WindowResult[], runMs: number): void;
  /** The worker died and took its streams' state and waiting windows with it. `willRestart`: another one is starting. */
  onLost(error: Error, willRestart: boolean): void;
}

/** Starts the VAD worker, starts it anew when it dies, and ends it without cutting a run short. */
export class VadWorkerClient {
  readonly #data: VadWorkerData;
  readonly #events: VadWorkerEvents;
  readonly #entry: WorkerEntry;
  #worker: Worker | null = null;
  #failuresInARow = 0;
  #closing = false;

  constructor(
    data: VadWorkerData,
    events: VadWorkerEvents,
    entry: WorkerEntry = workerEntry('./vad-worker', import.meta.url),
  ) {
    this.#data = data;
    this.#events = events;
    this.#entry = entry;
  }

  /** @throws VisavisError `bad_model` when the model cannot be loaded. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#spawn(resolve, (cause) => {
        reject(
          new VisavisError('bad_model', `the VAD model did not load: ${cause.message}`, null, { cause }),
        );
      });
      this.#worker = worker;
    });
  }

  /** @returns false when there is no worker to take it. */
  submit(job: WindowJob): boolean {
    // Transferred, not copied: the window's buffer is the stream's to give away.
    return this.#post({ t: 'window', ...job }, [job.pcm.buffer as ArrayBuffer]);
  }

  closeStream(stream: number): void {
    this.#post({ t: 'close_stream', stream });
  }

  /** Waits until the worker has scored what it has, freed its model and ended. */
  async close(): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#post({ t: 'drain' });
    await ended;
    this.#worker = null;
  }

  #post(message: ToVadWorker, transfer: ArrayBuffer[] = []): boolean {
    if (!this.#worker) return false;
    this.#worker.postMessage(message, transfer);
    return true;
  }

  #spawn(onReady: () => void, onFailedStart: (error: Error) => void): Worker {
    const worker = new Worker(this.#entry.url, { execArgv: this.#entry.execArgv, workerData: this.#data });
    let ready = false;
    let error = new Error('the VAD worker ended unasked');
    worker.on('message', (message: FromVadWorker) => {
      if (message.t === 'ready') {
        ready = true;
        onReady();
        return;
      }
      this.#failuresInARow = 0;
      this.#events.onResults(message.results, message.runMs);
    });
    worker.on('error', (cause) => {
      error = cause instanceof Error ? cause : new Error(String(cause));
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      if (this.#closing) return;
      if (ready) this.#restart(error);
      else onFailedStart(error);
    });
    return worker;
  }

  #restart(error: Error): void {
    this.#failuresInARow += 1;
    const willRestart = this.#failuresInARow < MAX_FAILURES_IN_A_ROW;
    if (willRestart) {
      this.#worker = this.#spawn(
        () => undefined,
        (cause) => this.#restart(cause),
      );
    }
    this.#events.onLost(error, willRestart);
  }
}
