import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import {
  Guard,
  ON_BUG,
  VisavisError,
  type EngineCaps,
  type EngineSession,
  type OmniEngine,
  type OnBug,
} from '#modules/contracts';
import { capsOf } from './core/model/caps.js';
import { DEFAULT_OPTIONS, type DecoderOptions } from './local/options.js';
import { loadFolder } from './local/onnx/load-folder.js';
import { WorkerEngine, type EngineStats } from './local/worker-engine.js';
import type { Loss } from './local/workers/worker-client.js';

/** Injection token of `DecoderOptions`. */
export const DECODER_OPTIONS = Symbol('DECODER_OPTIONS');

/** The local engine: a model folder in onnxruntime, in worker threads. */
@Injectable()
export class DecoderService implements OmniEngine, OnModuleInit, OnModuleDestroy {
  private readonly options: Required<DecoderOptions>;
  private readonly log = new Logger('DecoderService');
  private leftStuck = 0;
  private loaded: { engine: WorkerEngine; caps: EngineCaps } | null = null;

  private readonly guard: Guard;

  constructor(@Inject(DECODER_OPTIONS) options: DecoderOptions, @Optional() @Inject(ON_BUG) onBug?: OnBug) {
    this.guard = new Guard(onBug ?? ((where, error) => this.log.error(`${where} met a bug`, error)));
    this.options = { ...DEFAULT_OPTIONS, ...options };
  }

  /** null before it is loaded and after it is closed. */
  get stats(): EngineStats | null {
    return this.loaded?.engine.stats ?? null;
  }

  get openSessions(): number {
    return this.stats?.sessions ?? 0;
  }

  get caps(): EngineCaps {
    return this.ready().caps;
  }

  /** @throws `bad_model`, `engine_failed`; `aborted` where the signal came first */
  async load(signal?: AbortSignal): Promise<void> {
    if (this.loaded) return;
    const { modelFolder, workers, threads, shedLimits, maxSessions, stallMs, recoveryMs } = this.options;
    const folder = await loadFolder(modelFolder);
    const caps = capsOf(folder.config, maxSessions);
    const engine = new WorkerEngine({
      data: { folder, threads, shedLimits },
      caps,
      workers,
      stallMs,
      recoveryMs,
      guard: this.guard,
      onLost: (loss, willRestart) => this.onLost(loss, willRestart),
    });
    await engine.start();
    if (signal?.aborted) {
      await engine.close(0);
      throw new VisavisError('aborted', 'loading the engine was aborted');
    }
    this.loaded = { engine, caps };
    this.log.log(`${folder.config.modelId} loaded (${folder.parameters} parameters, ${workers} worker(s))`);
  }

  /**
   * @throws `capacity` when `maxSessions` are open; `engine_restarting` while no worker is up, `engine_failed` where none
   * will be
   */
  async open(o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession> {
    return this.ready().engine.open(o);
  }

  async close(o: { drainMs: number }): Promise<void> {
    const { loaded } = this;
    this.loaded = null;
    await loaded?.engine.close(o.drainMs);
    this.leftStuck = loaded?.engine.stats.workersStuck ?? 0;
  }

  /** After `close`: threads that are stuck in a run. The process cannot end by itself while there are. */
  get stuckThreads(): number {
    return this.leftStuck;
  }

  async onModuleInit(): Promise<void> {
    await this.load();
  }

  async onModuleDestroy(): Promise<void> {
    await this.close({ drainMs: this.options.drainMs });
  }

  private ready(): { engine: WorkerEngine; caps: EngineCaps } {
    if (!this.loaded) throw new VisavisError('engine_failed', 'the engine is not loaded');
    return this.loaded;
  }

  private onLost({ error, cause }: Loss, willRestart: boolean): void {
    const what = cause === 'died' ? 'died' : 'is stuck and was given up';
    this.log.error(
      `an engine worker ${what} (${error.message}); ${willRestart ? 'starting another' : 'giving up'}`,
    );
  }
}
