import { Worker } from 'node:worker_threads';
import { VisavisError, workerEntry, type GenEvent, type WorkerEntry } from '#modules/contracts';
import { EventStream } from './event-stream.js';
import type {
  EngineWorkerData,
  FromEngineWorker,
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

/**
 * The main thread's end of one engine worker. Requests keep their order.
 * The thread is never terminated: a run that is cut short takes the whole process down.
 */
export class EngineWorkerClient {
  private readonly worker: Worker;
  private readonly onLost: (error: VisavisError) => void;
  private readonly waiting = new Map<number, Waiting>();
  private readonly ready = Promise.withResolvers<void>();
  private readonly exited = Promise.withResolvers<void>();
  private isReady = false;
  private nextId = 1;
  private lost: VisavisError | null = null;

  private constructor(worker: Worker, onLost: (error: VisavisError) => void) {
    this.worker = worker;
    this.onLost = onLost;
    let cause: unknown = 'without a word';
    worker.on('message', (message: FromEngineWorker) => this.receive(message));
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => this.ended(cause));
  }

  /**
   * Starts a worker and waits until it has loaded its model.
   * @param onLost called once if the worker dies later, after every open request has been rejected with `engine_failed`
   * @throws `bad_model`, `engine_failed`
   */
  static async start(
    workerData: EngineWorkerData,
    onLost: (error: VisavisError) => void,
    entry: WorkerEntry = workerEntry('./engine-worker', import.meta.url),
  ): Promise<EngineWorkerClient> {
    const worker = new Worker(entry.url, { execArgv: entry.execArgv, workerData });
    const client = new EngineWorkerClient(worker, onLost);
    await client.ready.promise;
    return client;
  }

  /** @throws what the worker's operation throws; `engine_failed` if the worker dies; `aborted` by the signal */
  ask<K extends RequestKind>(request: Ask<K>, options: AskOptions = {}): Promise<Requests[K]['reply']> {
    const { signal, transfer, onEvent } = options;
    const id = this.nextId++;
    return new Promise<Requests[K]['reply']>((resolve, reject) => {
      if (this.lost) {
        reject(this.lost);
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

  /** Asks for a generation at once and gives its events as they come. Leaving the generator early ends the answer. */
  stream(request: Ask<'generate'>, signal: AbortSignal | undefined): AsyncGenerator<GenEvent> {
    const events = new EventStream<GenEvent>();
    const left = new AbortController();
    const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
    const finished = this.ask(request, { signal: either, onEvent: (event) => events.push(event) });
    return events.readUntil(finished, () => left.abort());
  }

  /** Lets what is under way end, for at most `drainMs`, then frees the model and ends the thread. */
  async close(drainMs: number): Promise<void> {
    if (!this.lost) {
      this.send({ t: 'shutdown', drainMs });
      this.lost = new VisavisError('session_closed', 'the engine was closed');
    }
    await this.exited.promise;
  }

  private send(message: ToEngineWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: FromEngineWorker): void {
    switch (message.t) {
      case 'ready':
        this.isReady = true;
        this.ready.resolve();
        break;
      case 'unloadable':
        this.ready.reject(new VisavisError(message.code, message.message, message.param));
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

  private ended(cause: unknown): void {
    const error = new VisavisError('engine_failed', `the engine worker ended: ${String(cause)}`, null, {
      cause,
    });
    const asked = this.lost !== null;
    this.lost ??= error;
    for (const waiting of this.waiting.values()) waiting.reject(this.lost);
    this.waiting.clear();
    this.exited.resolve();
    if (!this.isReady) this.ready.reject(error);
    else if (!asked) this.onLost(error);
  }
}
