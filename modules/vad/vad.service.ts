import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Guard, ON_BUG, type OnBug } from '#modules/contracts';
import { MODEL_SHAPES } from './core/model-port.js';
import { DEFAULT_MAX_BATCH, DEFAULT_MAX_QUEUED_MS, type VadOptions } from './core/options.js';
import {
  WindowedStream,
  type Vad,
  type VadDropReason,
  type VadHandlers,
  type VadStream,
} from './core/stream.js';
import { SAMPLES_PER_MS } from './core/units.js';
import type { WindowResult } from './core/batcher.js';
import { VadWorkerClient } from './infra/vad-worker-client.js';

/** Injection token of `VadOptions`. */
export const VAD_OPTIONS = Symbol('VAD_OPTIONS');

/** Counters since the start. Windows a run is the batching achieved; `runMs / windows` what a window costs. */
export interface VadStats {
  readonly streams: number;
  readonly runs: number;
  readonly windows: number;
  /** Time (ms) the worker spent in runs. */
  readonly runMs: number;
  readonly workerFailures: number;
  /** Audio (ms) that was not scored, by reason; only reasons that there were. */
  readonly droppedMs: ReadonlyMap<VadDropReason, number>;
}

/** Speech probability for any number of streams, from one model on one worker thread. */
@Injectable()
export class VadService implements Vad, OnModuleInit, OnModuleDestroy {
  readonly #options: Required<VadOptions>;
  readonly #worker: VadWorkerClient;
  readonly #streams = new Map<number, WindowedStream>();
  readonly #log = new Logger('VadService');
  #nextStream = 1;
  #runs = 0;
  #windows = 0;
  #runMs = 0;
  #workerFailures = 0;
  readonly #droppedMs = new Map<VadDropReason, number>();

  readonly #guard: Guard;
  /** Why there is no worker any more. */
  #lostBy: string | null = null;

  constructor(@Inject(VAD_OPTIONS) options: VadOptions, @Optional() @Inject(ON_BUG) onBug?: OnBug) {
    this.#guard = new Guard(onBug ?? ((where, error) => this.#log.error(`${where} met a bug`, error)));
    this.#options = { maxBatch: DEFAULT_MAX_BATCH, maxQueuedMs: DEFAULT_MAX_QUEUED_MS, ...options };
    this.#worker = new VadWorkerClient(
      { model: this.#options.model, maxBatch: this.#options.maxBatch },
      {
        onResults: (results, runMs) => this.#onResults(results, runMs),
        onLost: (error, willRestart) => this.#onLost(error, willRestart),
        guard: this.#guard,
      },
      { streams: () => this.#streams.size },
    );
  }

  /** Loads the model. @throws VisavisError `bad_model` */
  async onModuleInit(): Promise<void> {
    await this.#worker.start();
    this.#log.log(`voice activity model ${this.#options.model} loaded`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#worker.close();
  }

  open(handlers: VadHandlers): VadStream {
    const id = this.#nextStream++;
    const { windowSamples } = MODEL_SHAPES[this.#options.model];
    const limits = { windowSamples, maxQueuedMs: this.#options.maxQueuedMs };
    const counted: VadHandlers = {
      onProbability: (result) => handlers.onProbability(result),
      onLost: (why) => handlers.onLost?.(why),
      onDrop: (reason, samples) => {
        this.#droppedMs.set(reason, (this.#droppedMs.get(reason) ?? 0) + samples / SAMPLES_PER_MS);
        handlers.onDrop?.(reason, samples);
      },
    };
    const stream: WindowedStream = new WindowedStream(limits, counted, {
      submit: (pcm, reset) => this.#worker.submit({ stream: id, pcm, reset }),
      answer: (p) => queueMicrotask(this.#guard.wrap('vad.stream', () => stream.deliver(p))),
      close: () => {
        this.#streams.delete(id);
        this.#worker.closeStream(id);
      },
    });
    this.#streams.set(id, stream);
    if (this.#lostBy !== null) queueMicrotask(() => this.#tellLost(stream));
    return stream;
  }

  /** Threads that hang in a run: the process cannot end by itself while there are. */
  get stuckThreads(): number {
    return this.#worker.stuckThreads;
  }

  stats(): VadStats {
    return {
      streams: this.#streams.size,
      runs: this.#runs,
      windows: this.#windows,
      runMs: this.#runMs,
      workerFailures: this.#workerFailures,
      droppedMs: this.#droppedMs,
    };
  }

  #onResults(results: readonly WindowResult[], runMs: number): void {
    this.#runs += 1;
    this.#windows += results.length;
    this.#runMs += runMs;
    for (const { stream, p } of results) {
      this.#guard.run('vad.stream', () => this.#streams.get(stream)?.deliver(p));
    }
  }

  #onLost(error: Error, willRestart: boolean): void {
    this.#workerFailures += 1;
    this.#log.error(
      `the VAD worker died (${error.message}); ${willRestart ? 'restarting' : 'giving up'}`,
      error.stack,
    );
    if (!willRestart) this.#lostBy = error.message;
    for (const stream of this.#streams.values()) {
      this.#guard.run('vad.stream', () => stream.workerLost());
      if (!willRestart) this.#tellLost(stream);
    }
  }

  #tellLost(stream: WindowedStream): void {
    this.#guard.run('vad.stream', () => stream.lost(`the VAD worker is lost: ${this.#lostBy ?? ''}`));
  }
}
