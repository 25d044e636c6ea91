import { VisavisError, type Guard, type WorkerEntry } from '#modules/contracts';
import { EngineWorkerClient, type Loss } from './worker-client.js';
import type { EngineWorkerData } from './worker-protocol.js';

/**
 * A worker that is lost this often while it loads or works, with no session opened on it in between, is not started
 * again. One that dies idle, by whatever hand, says nothing about the next.
 */
const MAX_FAILURES_IN_A_ROW = 3;
/** With so many stuck threads, each holding a core and a copy of the weights, no more are started: the process is ill. */
const MAX_STUCK = 3;

/** One place in the pool: a worker, or none while it is being restarted. */
interface Slot {
  client: EngineWorkerClient | null;
  sessions: number;
  failuresInARow: number;
  /** Not started again. */
  givenUp: boolean;
}

/** A session's place on a worker. */
export interface Lease {
  readonly client: EngineWorkerClient;
  /** Idempotent. */
  readonly release: () => void;
}

export interface PoolOptions {
  readonly size: number;
  /** A worker that does not answer for this long (ms) is given up as stuck. */
  readonly stallMs: number;
  /** One that has not loaded its model after this long (ms) is, too. Default 300,000. */
  readonly loadMs?: number | undefined;
  readonly entry?: WorkerEntry | undefined;
  /** Stands before what threads and timers call. */
  readonly guard?: Guard | undefined;
  /** A worker was lost with its sessions. `willRestart`: another is being started in its place. */
  onLost(loss: Loss, willRestart: boolean): void;
}

/** The engine workers. A session stays on the worker it was opened on, as long as that lives. */
export class WorkerPool {
  private readonly data: EngineWorkerData;
  private readonly options: PoolOptions;
  private readonly slots: Slot[];
  /** Stuck threads, which may end some time. */
  private readonly abandoned: EngineWorkerClient[] = [];
  private closing = false;
  private restarts = Promise.resolve();
  private change = Promise.withResolvers<void>();

  constructor(data: EngineWorkerData, options: PoolOptions) {
    this.data = data;
    this.options = options;
    const slot = (): Slot => ({ client: null, sessions: 0, failuresInARow: 0, givenUp: false });
    this.slots = Array.from({ length: options.size }, slot);
  }

  /** Workers that take sessions now. */
  get up(): number {
    return this.slots.filter((slot) => slot.client !== null).length;
  }

  /** Threads that were given up and have not ended: with one, the process cannot end by itself. */
  get stuck(): number {
    return this.abandoned.filter((client) => client.alive).length;
  }

  /** @throws `bad_model`, `engine_failed` */
  async start(): Promise<void> {
    for (const slot of this.slots) {
      const failure = await this.fill(slot);
      if (failure) throw failure.error;
    }
  }

  /**
   * The worker with the fewest sessions, and how to give the place back.
   * @throws `engine_failed` while every worker is down
   */
  lease(): Lease {
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

  /**
   * {@link lease}, once a worker is up.
   * @throws `engine_failed` where none will be, `session_closed` where the pool is closed
   */
  async leaseWhenUp(): Promise<Lease> {
    for (;;) {
      if (this.closing) throw new VisavisError('session_closed', 'the engine was closed');
      if (this.up > 0) return this.lease();
      if (this.slots.every((slot) => slot.givenUp)) {
        throw new VisavisError('engine_failed', 'no engine worker is up, and none is started any more');
      }
      await this.change.promise;
    }
  }

  /** To be told that a worker did its work: failures before it count no more. */
  succeeded(client: EngineWorkerClient): void {
    for (const slot of this.slots) if (slot.client === client) slot.failuresInARow = 0;
  }

  async close(drainMs: number): Promise<void> {
    this.closing = true;
    this.changed();
    await this.restarts;
    await Promise.all(
      this.slots.map(async (slot) => {
        const { client } = slot;
        slot.client = null;
        await client?.close(drainMs);
        if (client?.alive) this.abandoned.push(client);
      }),
    );
  }

  /** @returns why no worker came up; null: one did */
  private async fill(slot: Slot): Promise<Loss | null> {
    const client = EngineWorkerClient.spawn(this.data, this.options);
    const failure = await client.load();
    if (failure) {
      if (failure.cause === 'stuck') this.abandoned.push(client);
      return failure;
    }
    slot.client = client;
    slot.sessions = 0;
    this.changed();
    client.onLost((loss) => {
      if (loss.cause === 'stuck') this.abandoned.push(client);
      if (slot.client === client) this.replace(slot, loss);
    });
    return null;
  }

  private replace(slot: Slot, loss: Loss): void {
    slot.client = null;
    if (!loss.idle) slot.failuresInARow += 1;
    const willRestart =
      !this.closing && slot.failuresInARow < MAX_FAILURES_IN_A_ROW && this.stuck < MAX_STUCK;
    slot.givenUp = !willRestart;
    this.options.onLost(loss, willRestart);
    this.changed();
    if (!willRestart) return;
    const restarted = this.restarts.then(async () => {
      const failure = await this.fill(slot);
      if (failure) this.replace(slot, failure);
    });
    this.options.guard?.watch('engine', restarted);
    this.restarts = restarted.catch(() => {
      // Not even a thread could be started.
      slot.givenUp = true;
      this.changed();
    });
  }

  private changed(): void {
    this.change.resolve();
    this.change = Promise.withResolvers();
  }
}
