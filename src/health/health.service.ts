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
}

/** A part that does not answer within this is not healthy (ms). */
const TIMEOUT_MS = 2000;
/** Probes are real work, so their outcome serves every request for this long (ms). */
const CACHE_MS = 1000;

/** Asks every part of the gateway whether it works, by having it work. */
export class HealthService {
  private last: { readonly atMs: number; readonly health: Promise<Health> } | null = null;

  constructor(
    private readonly probes: Readonly<Record<string, Probe>>,
    private readonly clock: Clock,
    private readonly lifecycle: Pick<Lifecycle, 'draining'>,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async check(): Promise<Health> {
    const health = await this.probed();
    return this.lifecycle.draining ? { ...health, status: 'draining' } : health;
  }

  private probed(): Promise<Health> {
    const nowMs = this.clock.nowMs();
    if (this.last === null || nowMs - this.last.atMs > CACHE_MS) {
      this.last = { atMs: nowMs, health: this.probeAll() };
    }
    return this.last.health;
  }

  private async probeAll(): Promise<Health> {
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
