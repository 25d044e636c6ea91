import { workerEntry, type Guard, type WorkerEntry } from '#modules/contracts';
import type { WindowJob, WindowResult } from '../core/batcher.js';
import { SupervisedWorker } from './supervised-worker.js';
import { blockOf, type FromVadWorker, type ToVadWorker, type VadWorkerData } from './worker-protocol.js';

export interface VadWorkerEvents {
  onResults(results: readonly WindowResult[], runMs: number): void;
  /** The worker died and took its streams' state and waiting windows with it. `willRestart`: another one is starting. */
  onLost(error: Error, willRestart: boolean): void;
  /** Stands before what threads and timers call. */
  readonly guard: Guard;
}

/** With more streams than this, windows of some milliseconds go to the worker together: waking it costs as much as scoring one. */
const FEW_STREAMS = 4;
const TOGETHER_MS = 8;

/** Where the worker's code is and how it is watched. */
export interface VadWorkerOptions {
  /** Default: the VAD worker. */
  readonly entry?: WorkerEntry;
  /** Default 1000. */
  readonly askEveryMs?: number;
  /** How many streams there are. Default: few. */
  readonly streams?: () => number;
}

/** The thread that scores windows. */
export class VadWorkerClient {
  readonly #worker: SupervisedWorker<ToVadWorker, FromVadWorker>;
  readonly #streams: () => number;
  readonly #flushSoon: () => void;
  #waiting: WindowJob[] = [];

  constructor(data: VadWorkerData, events: VadWorkerEvents, options: VadWorkerOptions = {}) {
    this.#streams = options.streams ?? (() => 0);
    this.#flushSoon = events.guard.wrap('vad', () => this.#flush());
    this.#worker = new SupervisedWorker({
      name: 'the VAD',
      entry: options.entry ?? workerEntry('./vad-worker', import.meta.url),
      data,
      askEveryMs: options.askEveryMs,
      onResult: (message) => {
        if (message.t === 'results') events.onResults(message.results, message.runMs);
      },
      onLost: (error, willRestart) => {
        // They are told of as lost, with those that the worker had.
        this.#waiting = [];
        events.onLost(error, willRestart);
      },
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
    if (!this.#worker.up) return false;
    if (this.#waiting.push(job) > 1) return true;
    if (this.#streams() <= FEW_STREAMS) setImmediate(this.#flushSoon);
    else setTimeout(this.#flushSoon, TOGETHER_MS);
    return true;
  }

  closeStream(stream: number): void {
    this.#flush();
    this.#worker.post({ t: 'close_stream', stream });
  }

  /** Waits until the worker has scored what it has, freed its model and ended, or has shown that it hangs. */
  close(): Promise<void> {
    this.#flush();
    return this.#worker.close();
  }

  #flush(): void {
    const jobs = this.#waiting;
    if (jobs.length === 0) return;
    this.#waiting = [];
    const block = blockOf(jobs);
    // Transferred, not copied once more.
    this.#worker.post({ t: 'windows', ...block }, [block.pcm.buffer as ArrayBuffer]);
  }
}
