import { workerEntry, type Guard, type WorkerEntry } from '#modules/contracts';
import type { WindowJob, WindowResult } from '../core/batcher.js';
import { SupervisedWorker } from './supervised-worker.js';
import type { FromVadWorker, ToVadWorker, VadWorkerData } from './worker-protocol.js';

export interface VadWorkerEvents {
  onResults(results: readonly WindowResult[], runMs: number): void;
  /** The worker died and took its streams' state and waiting windows with it. `willRestart`: another one is starting. */
  onLost(error: Error, willRestart: boolean): void;
  /** Stands before what threads and timers call. */
  readonly guard: Guard;
}

/** Where the worker's code is and how it is watched. */
export interface VadWorkerOptions {
  /** Default: the VAD worker. */
  readonly entry?: WorkerEntry;
  /** Default 1000. */
  readonly askEveryMs?: number;
}

/** The thread that scores windows. */
export class VadWorkerClient {
  readonly #worker: SupervisedWorker<ToVadWorker, FromVadWorker>;

  constructor(data: VadWorkerData, events: VadWorkerEvents, options: VadWorkerOptions = {}) {
    this.#worker = new SupervisedWorker({
      name: 'the VAD',
      entry: options.entry ?? workerEntry('./vad-worker', import.meta.url),
      data,
      askEveryMs: options.askEveryMs,
      onResult: (message) => {
        if (message.t === 'results') events.onResults(message.results, message.runMs);
      },
      onLost: (error, willRestart) => events.onLost(error, willRestart),
      guard: events.guard,
      where: 'vad',
    });
  }

  /** Threads that hang: with one, the process cannot end by itself. */
  get stuckThreads(): number {
    return this.#worker.stuckThreads;
  }

  /** @throws VisavisError `bad_model` when the model cannot be loaded. */
  start(): Promise<void> {
    return this.#worker.start();
  }

  /** @returns false when there is no worker to take it. */
  submit(job: WindowJob): boolean {
    // Transferred, not copied: the window's buffer is the stream's to give away.
    return this.#worker.post({ t: 'window', ...job }, [job.pcm.buffer as ArrayBuffer]);
  }

  closeStream(stream: number): void {
    this.#worker.post({ t: 'close_stream', stream });
  }

  /** Waits until the worker has scored what it has, freed its model and ended, or has shown that it hangs. */
  close(): Promise<void> {
    return this.#worker.close();
  }
}
