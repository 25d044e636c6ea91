import { Worker } from 'node:worker_threads';
import { VisavisError, type Guard, type WorkerEntry } from '#modules/contracts';

/** A worker that dies this often without a result in between is not started again. */
const MAX_FAILURES_IN_A_ROW = 3;
/** A worker is asked for a sign of life this often (ms), and is stuck when it has given none to so many askings. */
const ASK_EVERY_MS = 1000;
const MAX_UNANSWERED = 10;

/** What every worker is told, and says. */
type Told = { readonly t: 'ping' } | { readonly t: 'drain' };
type Said = { readonly t: 'ready' } | { readonly t: 'pong' };

export interface SupervisedWorkerOptions<From> {
  /** As in errors: "the VAD". */
  readonly name: string;
  readonly entry: WorkerEntry;
  readonly data: unknown;
  /** Default 1000. */
  readonly askEveryMs?: number | undefined;
  /** A message that is a result: not `ready`, not `pong`. */
  onResult(message: From): void;
  /** The worker died and took what waits with it. `willRestart`: another one is starting. */
  onLost(error: Error, willRestart: boolean): void;
  /** Stands before what threads and timers call, and `where` it says that they are. */
  readonly guard: Guard;
  readonly where: string;
}

/**
 * Starts a worker thread with a model, starts it anew when it dies or hangs, and ends it without cutting a run short. A
 * thread that hangs is not terminated, which would take the process down: it is left to itself, and does not keep the
 * process alive.
 */
export class SupervisedWorker<To extends { readonly t: string }, From extends { readonly t: string }> {
  readonly #options: SupervisedWorkerOptions<From>;
  readonly #askEveryMs: number;
  /** Threads that hang. */
  readonly #stuck = new Set<Worker>();
  #worker: Worker | null = null;
  #watch: NodeJS.Timeout | null = null;
  /** Askings since the worker's last sign of life. */
  #unanswered = 0;
  #failuresInARow = 0;
  #closing = false;

  constructor(options: SupervisedWorkerOptions<From>) {
    this.#options = options;
    this.#askEveryMs = options.askEveryMs ?? ASK_EVERY_MS;
  }

  /** Threads that hang: with one, the process cannot end by itself. */
  get stuckThreads(): number {
    return this.#stuck.size;
  }

  /** @throws VisavisError `bad_model` when the worker does not come up. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker = this.#spawn(resolve, (cause) => {
        const message = `${this.#options.name} model did not load: ${cause.message}`;
        reject(new VisavisError('bad_model', message, null, { cause }));
      });
    });
  }

  /** There is a worker, or one is starting. */
  get up(): boolean {
    return this.#worker !== null;
  }

  /** @returns false when there is no worker to take it. */
  post(message: To, transfer: ArrayBuffer[] = []): boolean {
    return this.#post(message, transfer);
  }

  /** Waits until the worker has done what it has, freed its model and ended, or has shown that it hangs. */
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

  #post(message: To | Told, transfer: ArrayBuffer[] = []): boolean {
    if (!this.#worker) return false;
    this.#worker.postMessage(message, transfer);
    return true;
  }

  #spawn(onReady: () => void, onFailedStart: (error: Error) => void): Worker {
    const { entry, data, guard, where, name } = this.#options;
    const worker = new Worker(entry.url, { name: where, execArgv: entry.execArgv, workerData: data });
    let ready = false;
    let error = new Error(`${name} worker ended unasked`);
    worker.on(
      'message',
      guard.wrap(where, (message: From | Said) => {
        if (this.#stuck.has(worker)) return;
        this.#unanswered = 0;
        if (message.t === 'ready') {
          ready = true;
          this.#watchOver(worker);
          onReady();
        } else if (message.t !== 'pong') {
          this.#failuresInARow = 0;
          this.#options.onResult(message as From);
        }
      }),
    );
    worker.on(
      'error',
      guard.wrap(where, (cause: unknown) => {
        error = cause instanceof Error ? cause : new Error(String(cause));
      }),
    );
    worker.on(
      'exit',
      guard.wrap(where, () => {
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
    const look = this.#options.guard.wrap(this.#options.where, () => {
      if (this.#unanswered >= MAX_UNANSWERED) {
        this.#abandon(worker);
        this.#restart(new Error(`${this.#options.name} worker hangs`));
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
    worker.postMessage({ t: 'drain' } satisfies Told);
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
    this.#options.onLost(error, willRestart);
  }
}
