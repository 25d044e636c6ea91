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
import { WriteDownEar } from './remote/ear/write-down-ear.js';
import type { LocalEar, RemoteOptions } from './remote/options.js';
import { RemoteEngine } from './remote/remote-engine.js';
import type { RemoteStats } from './remote/stats.js';

/** Settings of the local engine; with `remote`, those of an engine that others run, beside which the local one is an ear at the most. */
export interface EngineOptions extends DecoderOptions {
  readonly remote?: Omit<RemoteOptions, 'guard' | 'log' | 'ear'> & {
    /** Where the remote model hears nothing, the model of `modelFolder` writes down what is said. Default true. */
    readonly localEar?: boolean;
  };
  /** Ends the start, where it is aborted before that is over. */
  readonly stopping?: AbortSignal;
}

/** An engine, as far as this service goes. */
interface Engine {
  readonly stats: EngineStats;
  open(o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession>;
  close(drainMs: number): Promise<void>;
}

interface Loaded {
  readonly engine: Engine;
  readonly caps: EngineCaps;
  readonly remote?: RemoteEngine;
}

/** Injection token of `EngineOptions`. */
export const DECODER_OPTIONS = Symbol('DECODER_OPTIONS');

/** The engine that was chosen: a model folder in onnxruntime, in worker threads, or the inference servers of others. */
@Injectable()
export class DecoderService implements OmniEngine, OnModuleInit, OnModuleDestroy {
  private readonly options: Required<DecoderOptions> & Pick<EngineOptions, 'remote' | 'stopping'>;
  private readonly log = new Logger('DecoderService');
  private leftStuck = 0;
  private loaded: Loaded | null = null;
  /** Beside a remote engine whose model hears nothing. */
  private ear: WorkerEngine | null = null;

  private readonly guard: Guard;

  constructor(@Inject(DECODER_OPTIONS) options: EngineOptions, @Optional() @Inject(ON_BUG) onBug?: OnBug) {
    this.guard = new Guard(onBug ?? ((where, error) => this.log.error(`${where} met a bug`, error)));
    this.options = { ...DEFAULT_OPTIONS, ...options };
  }

  /** null before it is loaded and after it is closed. */
  get stats(): EngineStats | null {
    return this.loaded?.engine.stats ?? null;
  }

  /** null where the engine is local, and as {@link stats}. */
  get remoteStats(): RemoteStats | null {
    return this.loaded?.remote?.stats ?? null;
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
    if (this.options.remote) this.loaded = await this.loadRemote(this.options.remote, signal);
    else this.loaded = await this.loadLocal(signal);
  }

  private async loadRemote(
    { localEar = true, ...remote }: NonNullable<EngineOptions['remote']>,
    signal: AbortSignal | undefined,
  ): Promise<Loaded> {
    const engine = new RemoteEngine({
      ...remote,
      guard: this.guard,
      log: (level, line) => (level === 'warn' ? this.log.warn(line) : this.log.log(line)),
      ear: localEar ? () => this.loadEar(signal) : undefined,
    });
    try {
      await engine.load(signal);
    } catch (error) {
      await engine.close({ drainMs: 0 });
      throw error;
    }
    const { caps } = engine;
    const close = async (drainMs: number): Promise<void> => {
      await engine.close({ drainMs });
    };
    return {
      caps,
      remote: engine,
      engine: {
        get stats() {
          return engine.stats;
        },
        open: (o) => engine.open(o),
        close,
      },
    };
  }

  /** null: the local model writes nothing down. */
  private async loadEar(signal: AbortSignal | undefined): Promise<LocalEar | null> {
    const { engine, caps } = await this.loadLocal(signal);
    if (!caps.writeDown) {
      await engine.close(0);
      return null;
    }
    this.ear = engine;
    return new WriteDownEar(engine, caps);
  }

  private async loadLocal(
    signal: AbortSignal | undefined,
  ): Promise<{ engine: WorkerEngine; caps: EngineCaps }> {
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
    this.log.log(`${folder.config.modelId} loaded (${folder.parameters} parameters, ${workers} worker(s))`);
    return { engine, caps };
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
    await this.ear?.close(o.drainMs);
    this.leftStuck = (this.ear ?? loaded?.engine)?.stats.workersStuck ?? 0;
    this.ear = null;
  }

  /** After `close`: threads that are stuck in a run. The process cannot end by itself while there are. */
  get stuckThreads(): number {
    return this.leftStuck;
  }

  async onModuleInit(): Promise<void> {
    await this.load(this.options.stopping);
  }

  async onModuleDestroy(): Promise<void> {
    await this.close({ drainMs: this.options.drainMs });
  }

  private ready(): { engine: Engine; caps: EngineCaps } {
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
