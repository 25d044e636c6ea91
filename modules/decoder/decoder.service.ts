import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { VisavisError, type EngineCaps, type EngineSession, type OmniEngine } from '#modules/contracts';
import { capsOf } from './core/caps.js';
import { DEFAULT_OPTIONS, type DecoderOptions } from './core/options.js';
import { loadFolder } from './infra/load-folder.js';
import { WorkerPool } from './infra/worker-pool.js';
import { WorkerSession } from './infra/worker-session.js';

/** Injection token of `DecoderOptions`. */
export const DECODER_OPTIONS = Symbol('DECODER_OPTIONS');

/** The local engine: a model folder in onnxruntime, in worker threads. */
@Injectable()
export class DecoderService implements OmniEngine, OnModuleInit, OnModuleDestroy {
  private readonly options: Required<DecoderOptions>;
  private readonly log = new Logger('DecoderService');
  private readonly sessions = new Set<WorkerSession>();
  private loaded: { pool: WorkerPool; caps: EngineCaps } | null = null;
  private nextSession = 1;
  private opening = 0;
  private failures = 0;

  constructor(@Inject(DECODER_OPTIONS) options: DecoderOptions) {
    this.options = { ...DEFAULT_OPTIONS, ...options };
  }

  /** Engine workers lost since the start. */
  get workerFailures(): number {
    return this.failures;
  }

  get openSessions(): number {
    return this.sessions.size;
  }

  get caps(): EngineCaps {
    return this.ready().caps;
  }

  /** @throws `bad_model`, `engine_failed`; `aborted` where the signal came first */
  async load(signal?: AbortSignal): Promise<void> {
    if (this.loaded) return;
    const { modelFolder, workers, threads, shedLimits, maxSessions } = this.options;
    const folder = await loadFolder(modelFolder);
    const pool = new WorkerPool({ folder, threads, shedLimits }, workers, {
      onLost: (error, willRestart) => this.onLost(error, willRestart),
    });
    await pool.start();
    if (signal?.aborted) {
      await pool.close(0);
      throw new VisavisError('aborted', 'loading the engine was aborted');
    }
    this.loaded = { pool, caps: capsOf(folder.config, maxSessions) };
    this.log.log(`${folder.config.modelId} loaded (${folder.parameters} parameters, ${workers} worker(s))`);
  }

  /**
   * @throws `capacity` when `maxSessions` are open, `engine_failed` while no worker is up
   */
  async open(o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession> {
    const { pool, caps } = this.ready();
    if (this.sessions.size + this.opening >= caps.maxSessions) {
      throw new VisavisError('capacity', `${caps.maxSessions} sessions are open already`);
    }
    const { client, release } = pool.lease();
    const id = this.nextSession++;
    this.opening += 1;
    try {
      const budgetTokens = o.budgetTokens ?? null;
      const start = await client.ask({ t: 'open', session: id, system: o.system, budgetTokens });
      pool.succeeded(client);
      const session = new WorkerSession(client, { id, start, caps }, () => {
        this.sessions.delete(session);
        release();
      });
      this.sessions.add(session);
      return session;
    } catch (error) {
      release();
      throw error;
    } finally {
      this.opening -= 1;
    }
  }

  async close(o: { drainMs: number }): Promise<void> {
    const { loaded } = this;
    this.loaded = null;
    await loaded?.pool.close(o.drainMs);
    this.sessions.clear();
  }

  async onModuleInit(): Promise<void> {
    await this.load();
  }

  async onModuleDestroy(): Promise<void> {
    await this.close({ drainMs: this.options.drainMs });
  }

  private ready(): { pool: WorkerPool; caps: EngineCaps } {
    if (!this.loaded) throw new VisavisError('engine_failed', 'the engine is not loaded');
    return this.loaded;
  }

  private onLost(error: VisavisError, willRestart: boolean): void {
    this.failures += 1;
    this.log.error(`an engine worker died (${error.message}); ${willRestart ? 'restarting' : 'giving up'}`);
  }
}
