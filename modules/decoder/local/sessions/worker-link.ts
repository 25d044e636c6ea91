import { VisavisError, type Checkpoint } from '#modules/contracts';
import type { SessionLog } from '../../core/context/session-log.js';
import type { EngineWorkerClient } from '../workers/worker-client.js';
import type { Lease } from '../workers/worker-pool.js';
import { ownCopy } from './own-copy.js';

/** A run of operations that this worker was sent: its own number is the session's less `offset`. */
interface Run {
  readonly from: number;
  to: number;
  readonly offset: number;
}

export interface LinkOptions {
  /** Number of the session, used once in the whole engine. */
  readonly session: number;
  readonly system: string;
  readonly budgetTokens: number | null;
}

/**
 * One session's place in one worker. The worker numbers operations and epochs for itself, from its own start; the
 * session's numbers go on from worker to worker.
 */
export class WorkerLink {
  readonly client: EngineWorkerClient;
  readonly session: number;
  /** What the worker opened with. */
  readonly start: Checkpoint;
  private readonly release: () => void;
  /** The session's epoch when this worker opened its own epoch 0. */
  private readonly epoch: number;
  /** Indices of the log's entries that were put back, each with this index + 1 as its number. */
  private readonly restored: number[] = [];
  private readonly runs: Run[] = [];
  private seq = 0;

  private constructor(lease: Lease, session: number, begin: { start: Checkpoint; epoch: number }) {
    this.client = lease.client;
    this.release = lease.release;
    this.session = session;
    this.start = begin.start;
    this.epoch = begin.epoch;
  }

  /** @throws what the worker throws; the lease is given back then */
  static async open(lease: Lease, options: LinkOptions, epoch: number): Promise<WorkerLink> {
    const { session, system, budgetTokens } = options;
    try {
      const start = await lease.client.ask({ t: 'open', session, system, budgetTokens });
      return new WorkerLink(lease, session, { start, epoch });
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Index of the log's entry that was put back last, or is being; -1: none. */
  get reached(): number {
    return this.restored.at(-1) ?? -1;
  }

  /** Numbers the session's operation `seq` in this worker. Operations come in their order. */
  number(seq: number): { session: number; seq: number } {
    this.seq += 1;
    const last = this.runs.at(-1);
    const offset = seq - this.seq;
    if (last?.offset === offset && last.to === seq - 1) last.to = seq;
    else this.runs.push({ from: seq, to: seq, offset });
    return { session: this.session, seq: this.seq };
  }

  /** The next number of a session that is not numbered by anybody else. */
  next(): { session: number; seq: number } {
    return this.number(this.seq + 1);
  }

  /**
   * A checkpoint of the session, as this worker knows it.
   * @throws `stale_checkpoint`
   */
  checkpoint(to: Checkpoint, log: SessionLog): Checkpoint {
    const length = log.lengthAt(to);
    const run = this.runs.findLast(({ from }) => from <= to.seq);
    // Operations in between never came here: they failed without a worker, and changed nothing.
    const seq = run
      ? Math.min(to.seq, run.to) - run.offset
      : 1 + (this.restored.findLast((index) => index < length) ?? -1);
    return { seq, epoch: to.epoch - this.epoch, tokens: to.tokens };
  }

  /**
   * Fills the worker's session from the log, also with what is added meanwhile.
   * @param urgent whether somebody waits for it: else others' turns go first
   * @param onFilled called in the very moment in which this worker has all that the log has
   * @returns false where entries were taken out of the log meanwhile: this session is of no use then
   */
  async replay(log: SessionLog, urgent: () => boolean, onFilled: () => void): Promise<boolean> {
    const { revision } = log;
    for (let index = 0; index < log.entries.length; index++) {
      const entry = log.entries[index];
      if (!entry) continue;
      const { content } = entry;
      const { copy, transfer } =
        content.k === 'segment' ? ownCopy(content.segment) : { copy: null, transfer: [] };
      const priority = urgent() ? ('commit' as const) : ('background' as const);
      const sent = copy ? { ...entry, content: { k: 'segment' as const, segment: copy } } : entry;
      const next = log.entries.slice(index + 1).find((other) => other !== null)?.position ?? log.position;
      this.restored.push(index);
      await this.client.ask(
        { t: 'restore', session: this.session, seq: index + 1, entry: sent, next, priority },
        { transfer },
      );
      if (log.revision !== revision) return false;
    }
    this.seq = log.entries.length;
    onFilled();
    return true;
  }

  /** Gives the place back, and ends the worker's session if that is still there. */
  async close(): Promise<void> {
    this.release();
    try {
      await this.client.ask({ t: 'close', session: this.session });
    } catch (error) {
      const gone = error instanceof VisavisError && ['engine_failed', 'session_closed'].includes(error.code);
      if (!gone) throw error;
    }
  }
}
