import { Worker } from 'node:worker_threads';
import { VisavisError, workerEntry, type Guard, type WorkerEntry } from '#modules/contracts';
import type { WindowJob, WindowResult } from '../core/batcher.js';
import type { FromVadWorker, ToVadWorker, VadWorkerData } from './worker-protocol.js';

/** A worker that dies this often without a result in between is not started again. */
const MAX_FAILURES_IN_A_ROW = 3;
/** A worker is asked for a sign of life this often (ms), and is stuck when it has given none to so many askings. */
const ASK_EVERY_MS = 1000;
const MAX_UNANSWERED = 10;

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

/**
 * Starts the VAD worker, starts it anew when it dies or hangs, and ends it without cutting a run short. A thread that hangs
 * is not terminated, which would take the process down: it is left to itself, and does not keep the process alive.
 */
export class VadWorkerClient {
  readonly #data: VadWorkerData;
  readonly #events: VadWorkerEvents;
  readonly #entry: WorkerEntry;
  readonly #askEveryMs: number;
  /** Threads that hang. */
  readonly #stuck = new Set<Worker>();
  #worker: Worker | null = null;
  #watch: NodeJS.Timeout | null = null;
  /** Askings since the worker's last sign of life. */
  #unanswered = 0;
  #failuresInARow = 0;
  #closing = false;

  constructor(data: VadWorkerData, events: VadWorkerEvents, options: VadWorkerOptions = {}) {
    this.#data = data;
    this.#events = events;
    this.#entry = options.entry ?? workerEntry('./vad-worker', import.meta.url);
    this.#askEveryMs = options.askEveryMs ?? ASK_EVERY_MS;
  }

  /** Threads that hang: with one, the process cannot end by itself. */
  get stuckThreads(): number {
    return this.#stuck.size;
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

  /** Waits until the worker has scored what it has, freed its model and ended, or has shown that it hangs. */
  async close(): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (worker) {
      const ended = Promise.withResolvers<void>();
      worker.once('exit', () => ended.resolve());
      const late = setTimeout(() => {
        this.#abandon(worker);
        ended.resolve();
      }, this.#askEveryMs * MAX_UNANSWERED);
      this.#post({ t: 'drain' });
      await ended.promise;
      clearTimeout(late);
    }
    this.#stopWatch();
    this.#worker = null;
  }

  #post(message: ToVadWorker, transfer: ArrayBuffer[] = []): boolean {
    if (!this.#worker) return false;
    this.#worker.postMessage(message, transfer);
    return true;
  }

  #spawn(onReady: () => void, onFailedStart: (error: Error) => void): Worker {
    const worker = new Worker(this.#entry.url, { execArgv: this.#entry.execArgv, workerData: this.#data });
    const { guard } = this.#events;
    let ready = false;
    let error = new Error('the VAD worker ended unasked');
    worker.on(
      'message',
      guard.wrap('vad', (message: FromVadWorker) => {
        if (this.#stuck.has(worker)) return;
        this.#unanswered = 0;
        if (message.t === 'ready') {
          ready = true;
          this.#watchOver(worker);
          onReady();
        } else if (message.t === 'results') {
          this.#failuresInARow = 0;
          this.#events.onResults(message.results, message.runMs);
        }
      }),
    );
    worker.on(
      'error',
      guard.wrap('vad', (cause: unknown) => {
        error = cause instanceof Error ? cause : new Error(String(cause));
      }),
    );
    worker.on(
      'exit',
      guard.wrap('vad', () => {
        if (this.#stuck.delete(worker)) return;
        if (this.#worker === worker) this.#worker = null;
        if (this.#closing) return;
        if (ready) this.#restart(error);
        else onFailedStart(error);
      }),
    );
    return worker;
  }

  #watchOver(worker: Worker): void {
    this.#stopWatch();
    this.#unanswered = 0;
    const look = this.#events.guard.wrap('vad', () => {
      if (this.#unanswered >= MAX_UNANSWERED) {
        this.#abandon(worker);
        this.#restart(new Error('the VAD worker hangs'));
      } else {
        this.#unanswered += 1;
        this.#post({ t: 'ping' });
      }
    });
    this.#watch = setInterval(look, this.#askEveryMs).unref();
  }

  #stopWatch(): void {
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
  }

  #abandon(worker: Worker): void {
    this.#stuck.add(worker);
    worker.unref();
    // Should its run end after all, it finds the order to end.
    worker.postMessage({ t: 'drain' } satisfies ToVadWorker);
    if (this.#worker === worker) this.#worker = null;
  }

  #restart(error: Error): void {
    this.#stopWatch();
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
