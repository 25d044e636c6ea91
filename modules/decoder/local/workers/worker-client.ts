import { Worker } from 'node:worker_threads';
import { Guard, VisavisError, workerEntry, type GenEvent, type WorkerEntry } from '#modules/contracts';
import { Heartbeat } from '../../core/engine-loss/heartbeat.js';
import type {
  EngineWorkerData,
  FromEngineWorker,
  Ping,
  Request,
  RequestKind,
  Requests,
  ToEngineWorker,
} from './worker-protocol.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: VisavisError): void;
  onEvent(event: GenEvent): void;
}

type Ask<K extends RequestKind> = Requests[K]['ask'] & { readonly t: K; readonly session: number };

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: readonly ArrayBuffer[];
  readonly onEvent?: (event: GenEvent) => void;
}

/** How a worker is watched and where its code is. */
export interface WorkerOptions {
  /** A worker that does not answer for this long (ms) is given up. */
  readonly stallMs: number;
  /** One that has not loaded its model after this long (ms) is given up too. Default 300,000. */
  readonly loadMs?: number | undefined;
  /** Default: the engine worker. */
  readonly entry?: WorkerEntry | undefined;
  /** Stands before what threads and timers call. Default: what it catches is lost. */
  readonly guard?: Guard | undefined;
}

const LOAD_MS = 300_000;

/** How a worker was lost: its thread ended, or it is stuck in a run that does not end. */
export interface Loss {
  readonly cause: 'died' | 'stuck';
  /** It had loaded its model, and nothing had been asked of it that it had not answered. */
  readonly idle: boolean;
  readonly error: VisavisError;
}

/**
 * The main thread's end of one engine worker. Requests keep their order.
 *
 * The thread is never terminated: a run that is cut short takes the whole process down. One that is stuck is left to
 * itself: nobody listens to it any more, it does not keep the process alive, and should its run end after all, it finds
 * the order to free its model and end.
 */
export class EngineWorkerClient {
  private readonly worker: Worker;
  private readonly options: WorkerOptions;
  private readonly waiting = new Map<number, Waiting>();
  private readonly ready = Promise.withResolvers<void>();
  private readonly exited = Promise.withResolvers<void>();
  private readonly guard: Guard;
  private readonly lossListeners = new Set<(loss: Loss) => void>();
  private watch: NodeJS.Timeout | null = null;
  private heartbeat: Heartbeat | null = null;
  private nextId = 1;
  private running = true;
  private loss: Loss | null = null;
  private over: VisavisError | null = null;

  private constructor(worker: Worker, options: WorkerOptions) {
    this.worker = worker;
    this.options = options;
    this.guard = options.guard ?? new Guard(() => undefined);
    // A loss before anybody waits for the model is told by `load`.
    this.ready.promise.catch(() => undefined);
    let cause: unknown = 'without a word';
    worker.on(
      'message',
      this.guard.wrap('engine', (message: FromEngineWorker) => this.receive(message)),
    );
    worker.on('error', (error) => (cause = error));
    worker.on(
      'exit',
      this.guard.wrap('engine', () => {
        this.running = false;
        this.exited.resolve();
        this.lose('died', `the engine worker ended: ${String(cause)}`, cause);
      }),
    );
  }

  /** Starts a worker, which then loads its model: see {@link load}. */
  static spawn(workerData: EngineWorkerData, options: WorkerOptions): EngineWorkerClient {
    const { entry = workerEntry('./engine-worker', import.meta.url) } = options;
    return new EngineWorkerClient(
      new Worker(entry.url, { name: 'engine', execArgv: entry.execArgv, workerData }),
      options,
    );
  }

  /** Waits until the worker has loaded its model. @returns why it did not (`bad_model`, `engine_failed`); null: it did */
  async load(): Promise<Loss | null> {
    const { loadMs = LOAD_MS } = this.options;
    const giveUp = () => this.giveUp(`did not load its model within ${loadMs} ms`);
    const late = setTimeout(this.guard.wrap('engine', giveUp), loadMs);
    try {
      await this.ready.promise;
      this.startWatch();
      return null;
    } catch (error) {
      return this.loss ?? { cause: 'died', idle: false, error: error as VisavisError };
    } finally {
      clearTimeout(late);
    }
  }

  /**
   * Tells if the worker is lost, or has been, after every open request has been rejected with the loss's error. Never from
   * inside the call.
   * @returns ends it: who forgets that is held for as long as the worker lives
   */
  onLost(listener: (loss: Loss) => void): () => void {
    this.lossListeners.add(listener);
    if (this.loss) this.tellLoss();
    return () => void this.lossListeners.delete(listener);
  }

  /** The error that requests are rejected with once the worker is lost; null while it is not. */
  get lostBy(): VisavisError | null {
    return this.loss?.error ?? null;
  }

  /** Its thread has not ended. */
  get alive(): boolean {
    return this.running;
  }

  /** @throws what the worker's operation throws; {@link lostBy} if the worker is lost; `aborted` by the signal */
  ask<K extends RequestKind>(request: Ask<K>, options: AskOptions = {}): Promise<Requests[K]['reply']> {
    const { signal, transfer, onEvent } = options;
    const id = this.nextId++;
    return new Promise<Requests[K]['reply']>((resolve, reject) => {
      if (this.over) {
        reject(this.over);
        return;
      }
      const abort = () => this.send({ t: 'abort', id });
      const settle = () => signal?.removeEventListener('abort', abort);
      this.waiting.set(id, {
        resolve: (value) => {
          settle();
          resolve(value as Requests[K]['reply']);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        onEvent: onEvent ?? (() => undefined),
      });
      this.send({ ...request, id } as unknown as Request, transfer);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
    });
  }

  /**
   * Lets what is under way end, for at most `drainMs`, then frees the model and ends the thread. One that does not end
   * in its time is stuck, and left to itself.
   */
  async close(drainMs: number): Promise<void> {
    this.stopWatch();
    if (!this.over) {
      this.send({ t: 'shutdown', drainMs });
      this.over = new VisavisError('session_closed', 'the engine was closed');
    }
    if (!this.running) return;
    const late = setTimeout(() => {
      this.worker.unref();
      this.exited.resolve();
    }, drainMs + this.options.stallMs);
    await this.exited.promise;
    clearTimeout(late);
    this.rejectAll();
  }

  private send(message: ToEngineWorker | Ping, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: FromEngineWorker): void {
    if (this.loss) return;
    this.heartbeat?.heard();
    switch (message.t) {
      case 'ready':
        this.ready.resolve();
        break;
      case 'unloadable':
        this.ready.reject(new VisavisError(message.code, message.message, message.param));
        break;
      case 'pong':
        break;
      case 'event':
        this.waiting.get(message.id)?.onEvent(message.event);
        break;
      case 'done':
        this.take(message.id)?.resolve(message.value);
        break;
      case 'failed':
        this.take(message.id)?.reject(new VisavisError(message.code, message.message, message.param));
        break;
    }
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private startWatch(): void {
    const { stallMs } = this.options;
    const heartbeat = new Heartbeat(stallMs, performance.now());
    this.heartbeat = heartbeat;
    const look = this.guard.wrap('engine', () => {
      const verdict = heartbeat.check(performance.now());
      if (verdict === 'ask') this.send({ t: 'ping' });
      if (verdict === 'stuck') this.giveUp(`did not answer for ${stallMs} ms`);
    });
    this.watch = setInterval(look, heartbeat.periodMs).unref();
  }

  private stopWatch(): void {
    if (this.watch) clearInterval(this.watch);
    this.watch = null;
  }

  private giveUp(why: string): void {
    this.worker.unref();
    this.send({ t: 'shutdown', drainMs: 0 });
    this.lose('stuck', `the engine worker ${why}`);
  }

  private lose(cause: Loss['cause'], message: string, by?: unknown): void {
    this.stopWatch();
    if (this.over) return this.rejectAll();
    const error = new VisavisError('engine_failed', message, null, { cause: by });
    this.over = error;
    this.loss = { cause, idle: this.heartbeat !== null && this.waiting.size === 0, error };
    this.rejectAll();
    this.ready.reject(error);
    this.tellLoss();
  }

  private tellLoss(): void {
    queueMicrotask(() => {
      const { loss } = this;
      const listeners = [...this.lossListeners];
      this.lossListeners.clear();
      if (loss) for (const listener of listeners) this.guard.run('engine', () => listener(loss));
    });
  }

  private rejectAll(): void {
    const { over } = this;
    if (!over) return;
    for (const waiting of this.waiting.values()) waiting.reject(over);
    this.waiting.clear();
  }
}
