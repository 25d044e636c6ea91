import {
  Guard,
  VisavisError,
  type EngineCaps,
  type EngineSession,
  type WorkerEntry,
} from '#modules/contracts';
import { RecoveryLine } from '../core/engine-loss/recovery-line.js';
import type { SessionPlaces } from './sessions/session-keeper.js';
import type { Loss } from './workers/worker-client.js';
import { WorkerLink } from './sessions/worker-link.js';
import { WorkerPool } from './workers/worker-pool.js';
import type { EngineWorkerData } from './workers/worker-protocol.js';
import { WorkerSession } from './sessions/worker-session.js';

export interface WorkerEngineOptions {
  readonly data: EngineWorkerData;
  readonly caps: EngineCaps;
  readonly workers: number;
  readonly stallMs: number;
  readonly recoveryMs: number;
  /** Default: the engine worker. */
  readonly entry?: WorkerEntry;
  /** Stands before what threads and timers call. Default: what it catches is lost. */
  readonly guard?: Guard;
  onLost(loss: Loss, willRestart: boolean): void;
}

/** Counters since the start, and how things are now. */
export interface EngineStats {
  readonly workers: number;
  readonly workersUp: number;
  /** Threads that were given up and have not ended. */
  readonly workersStuck: number;
  readonly lost: Readonly<Record<Loss['cause'], number>>;
  readonly sessions: number;
  readonly sessionsRebuilt: number;
  readonly sessionsGivenUp: number;
}

/** Sessions in engine workers, which outlive them. */
export class WorkerEngine {
  private readonly options: WorkerEngineOptions;
  private readonly guard: Guard;
  private readonly pool: WorkerPool;
  private readonly recovery: RecoveryLine;
  private readonly sessions = new Set<WorkerSession>();
  private readonly lost = { died: 0, stuck: 0 };
  private rebuilt = 0;
  private givenUp = 0;
  private opening = 0;
  private nextSession = 1;

  constructor(options: WorkerEngineOptions) {
    const { data, workers, stallMs, entry, guard = new Guard(() => undefined) } = options;
    this.options = options;
    this.guard = guard;
    this.recovery = new RecoveryLine(workers);
    this.pool = new WorkerPool(data, {
      size: workers,
      stallMs,
      entry,
      guard,
      onLost: (loss, willRestart) => {
        this.lost[loss.cause] += 1;
        options.onLost(loss, willRestart);
      },
    });
  }

  get stats(): EngineStats {
    return {
      workers: this.options.workers,
      workersUp: this.pool.up,
      workersStuck: this.pool.stuck,
      lost: { ...this.lost },
      sessions: this.sessions.size,
      sessionsRebuilt: this.rebuilt,
      sessionsGivenUp: this.givenUp,
    };
  }

  /** @throws `bad_model`, `engine_failed` */
  start(): Promise<void> {
    return this.pool.start();
  }

  /**
   * @throws `capacity` when `maxSessions` are open, `engine_restarting` where no worker comes up in time, `engine_failed`
   * where none will
   */
  async open(o: { system: string; budgetTokens?: number }): Promise<EngineSession> {
    const { caps, recoveryMs } = this.options;
    if (this.sessions.size + this.opening >= caps.maxSessions) {
      throw new VisavisError('capacity', `${caps.maxSessions} sessions are open already`);
    }
    const id = this.nextSession;
    const places = this.placesFor(o);
    this.opening += 1;
    try {
      const opening = places.open(0);
      const link = await (this.pool.up > 0 ? opening : withinMs(recoveryMs, opening, this.guard));
      const session = new WorkerSession(link, {
        id,
        caps,
        places,
        onClosed: () => void this.sessions.delete(session),
      });
      this.sessions.add(session);
      return session;
    } finally {
      this.opening -= 1;
    }
  }

  async close(drainMs: number): Promise<void> {
    await this.pool.close(drainMs);
    this.sessions.clear();
  }

  private placesFor(o: { system: string; budgetTokens?: number }): SessionPlaces {
    const { system, budgetTokens = null } = o;
    return {
      recoveryMs: this.options.recoveryMs,
      open: async (epoch, own = system) => {
        for (;;) {
          const lease = await this.pool.leaseWhenUp();
          const session = this.nextSession++;
          try {
            const link = await WorkerLink.open(lease, { session, system: own, budgetTokens }, epoch);
            this.pool.succeeded(link.client);
            return link;
          } catch (error) {
            if (error !== lease.client.lostBy) throw error;
          }
        }
      },
      guard: this.guard,
      inTurn: (urgent, work) => this.recovery.run(urgent, work),
      onRebuilt: (ok) => void (ok ? this.rebuilt++ : this.givenUp++),
    };
  }
}

/** What comes later than that is closed again. @throws `engine_restarting` */
async function withinMs(ms: number, opening: Promise<WorkerLink>, guard: Guard): Promise<WorkerLink> {
  const late = Promise.withResolvers<never>();
  const onLate = guard.wrap('engine.session', () => {
    late.reject(new VisavisError('engine_restarting', 'no engine worker is ready'));
    return opening.then(
      (link) => link.close(),
      () => undefined,
    );
  });
  const timer = setTimeout(onLate, ms);
  try {
    return await Promise.race([opening, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
