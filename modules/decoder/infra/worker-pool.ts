import { VisavisError, type WorkerEntry } from '#modules/contracts';
import { EngineWorkerClient } from './worker-client.js';
import type { EngineWorkerData } from './worker-protocol.js';

/** A worker that dies this often, with no session opened on it in between, is not started again. */
const MAX_FAILURES_IN_A_ROW = 3;

/** One place in the pool: a worker, or none while it is being restarted. */
interface Slot {
  client: EngineWorkerClient | null;
  sessions: number;
  failuresInARow: number;
}

export interface PoolEvents {
  /** A worker died with its sessions. `willRestart`: another is being started in its place. */
  onLost(error: VisavisError, willRestart: boolean): void;
}

/** The engine workers. A session stays on the worker it was opened on. */
export class WorkerPool {
  private readonly data: EngineWorkerData;
  private readonly events: PoolEvents;
  private readonly entry: WorkerEntry | undefined;
  private readonly slots: Slot[];
  private closing = false;
  private restarts = Promise.resolve();

  constructor(data: EngineWorkerData, size: number, events: PoolEvents, entry?: WorkerEntry) {
    this.data = data;
    this.events = events;
    this.entry = entry;
    this.slots = Array.from({ length: size }, () => ({ client: null, sessions: 0, failuresInARow: 0 }));
  }

  /** @throws `bad_model`, `engine_failed` */
  async start(): Promise<void> {
    for (const slot of this.slots) await this.fill(slot);
  }

  /**
   * The worker with the fewest sessions, and how to give the place back.
   * @throws `engine_failed` while every worker is down
   */
  lease(): { client: EngineWorkerClient; release: () => void } {
    const up = this.slots.filter((slot) => slot.client !== null);
    const slot = up.toSorted((a, b) => a.sessions - b.sessions)[0];
    if (!slot?.client) throw new VisavisError('engine_failed', 'no engine worker is up');
    const { client } = slot;
    slot.sessions += 1;
    let leased = true;
    const release = () => {
      if (leased && slot.client === client) slot.sessions -= 1;
      leased = false;
    };
    return { client, release };
  }

  /** To be told that a worker did its work: failures before it count no more. */
  succeeded(client: EngineWorkerClient): void {
    for (const slot of this.slots) if (slot.client === client) slot.failuresInARow = 0;
  }

  async close(drainMs: number): Promise<void> {
    this.closing = true;
    await this.restarts;
    await Promise.all(this.slots.map(async (slot) => slot.client?.close(drainMs)));
  }

  private async fill(slot: Slot): Promise<void> {
    slot.client = await EngineWorkerClient.start(this.data, (error) => this.replace(slot, error), this.entry);
    slot.sessions = 0;
  }

  private replace(slot: Slot, error: VisavisError): void {
    slot.client = null;
    slot.failuresInARow += 1;
    const willRestart = !this.closing && slot.failuresInARow < MAX_FAILURES_IN_A_ROW;
    this.events.onLost(error, willRestart);
    if (!willRestart) return;
    this.restarts = this.restarts.then(() =>
      this.fill(slot).catch((cause: unknown) => {
        this.replace(slot, new VisavisError('engine_failed', String(cause), null, { cause }));
      }),
    );
  }
}
