import type { Clock } from '#modules/contracts';
import type { Lifecycle } from '../lifecycle/lifecycle.js';
import type { Probe } from './probes.js';

export interface PartHealth {
  readonly ok: boolean;
  /** What is wrong, in a few words. */
  readonly reason?: string;
}

export interface Health {
  /** `ready` only when every part is. `draining`: calls go on, and no new ones are taken. */
  readonly status: 'ready' | 'not_ready' | 'draining';
  readonly parts: Readonly<Record<string, PartHealth>>;
  readonly calls: OpenCalls;
  /** What went wrong since the start: counts by kind and label; only what there was. */
  readonly troubles: Troubles;
}

/** `detached`: of those that are open, kept for a client whose network has gone. */
export interface OpenCalls {
  readonly open: number;
  readonly detached: number;
}

/** Counts by label. */
type Counts = Readonly<Record<string, number>>;
/** Counts by kind, then by label. */
export type Troubles = Readonly<Record<string, Counts>>;

type Probed = Omit<Health, 'troubles' | 'calls'>;

/** What is known of the process without asking its parts. */
export interface ProcessFacts extends Pick<Lifecycle, 'draining'> {
  readonly troubles: () => Troubles;
  readonly calls: () => OpenCalls;
}

/** A part that does not answer within this is not healthy (ms). */
const TIMEOUT_MS = 2000;
/** Probes are real work, so their outcome serves every request for this long (ms). */
const CACHE_MS = 1000;

/** Asks every part of the gateway whether it works, by having it work. */
export class HealthService {
  private last: { readonly atMs: number; readonly health: Promise<Probed> } | null = null;

  constructor(
    private readonly probes: Readonly<Record<string, Probe>>,
    private readonly clock: Clock,
    private readonly process: ProcessFacts,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async check(): Promise<Health> {
    const health = await this.probed();
    const status = this.process.draining ? 'draining' : health.status;
    return { ...health, status, calls: this.process.calls(), troubles: this.process.troubles() };
  }

  private probed(): Promise<Probed> {
    const nowMs = this.clock.nowMs();
    if (this.last === null || nowMs - this.last.atMs > CACHE_MS) {
      this.last = { atMs: nowMs, health: this.probeAll() };
    }
    return this.last.health;
  }

  private async probeAll(): Promise<Probed> {
    const entries = await Promise.all(
      Object.entries(this.probes).map(async ([name, probe]) => [name, await this.outcome(probe)] as const),
    );
    const status = entries.every(([, part]) => part.ok) ? 'ready' : 'not_ready';
    return { status, parts: Object.fromEntries(entries) };
  }

  private async outcome(probe: Probe): Promise<PartHealth> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${this.timeoutMs} ms`)),
      this.timeoutMs,
    );
    try {
      await Promise.race([probe(), late]);
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}
