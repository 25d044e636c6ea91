import { VisavisError, type Guard } from '#modules/contracts';
import type { SessionLog } from '../../core/context/session-log.js';
import { HeldOperations, restarting, type Operation } from './held-operations.js';
import type { WorkerLink } from './worker-link.js';

/** Workers lost at one and the same entry of a session's replay before it is given up: that entry kills them. */
const MAX_LOSSES_AT_ENTRY = 3;
/** And anywhere in it: workers that die for other reasons meet a replay again and again only where they die all the time. */
const MAX_REPLAY_LOSSES = 12;
/** An operation is tried in so many workers: one that kills them is not to kill them all. */
const MAX_ATTEMPTS = 2;

/** Where sessions find workers. */
export interface SessionPlaces {
  /** How long (ms) operations wait for a lost worker's successor before they fail with `engine_restarting`. */
  readonly recoveryMs: number;
  /**
   * An empty session in a worker, once one is up; with the session's own system prompt, unless another is given.
   * @throws `engine_failed`, `session_closed` where there will be none
   */
  open(epoch: number, system?: string): Promise<WorkerLink>;
  /** Runs rebuilds in turn, urgent ones first. */
  inTurn(urgent: () => boolean, work: () => Promise<void>): Promise<void>;
  /** Stands before what nobody waits for. */
  readonly guard: Guard;
  /** How a rebuild ended. */
  onRebuilt(ok: boolean): void;
}

export interface Run<T> {
  readonly seq: number | null;
  readonly signal?: AbortSignal | undefined;
  /** Shed rather than held while there is no worker. */
  readonly passing?: boolean;
  /** Performs it in a worker and writes the log when it is done there. */
  online(link: WorkerLink): Promise<T>;
  /** Performs it on the log alone, if that can be; null: it cannot now. */
  offline?(): T | null;
  /** Whether it may be performed anew after the loss of its worker. Default: it may. */
  repeatable?(): boolean;
}

/**
 * Keeps one session going over the loss of its worker.
 *
 * While there is none, operations are held in their order, for `recoveryMs` at most: then what needs a worker fails with
 * `engine_restarting`, and the rebuild goes on behind. Rolling back, accepting and evicting need none: the log is the
 * truth. Losses that follow each other closely share their time, so that a turn does not wait again and again.
 */
export class SessionKeeper {
  private readonly log: SessionLog;
  private readonly places: SessionPlaces;
  private readonly held = new HeldOperations();
  private link: WorkerLink | null = null;
  private calls = 0;
  private lostAtMs = 0;
  /** When the first of the losses that share their time was. */
  private troubledSinceMs = -Infinity;
  /** Of that time. */
  private spentMs = 0;
  private deadlineMs = -Infinity;
  private deadline: NodeJS.Timeout | null = null;
  /** Why there will be no worker any more. */
  private over: VisavisError | null = null;
  /** The session cannot be rebuilt. */
  private readonly lossListeners: ((why: VisavisError) => void)[] = [];
  private stopListening: () => void = () => undefined;

  constructor(log: SessionLog, places: SessionPlaces, link: WorkerLink) {
    this.log = log;
    this.places = places;
    this.up(link);
  }

  throwIfClosed(): void {
    if (this.over) throw this.over;
  }

  run<T>(o: Run<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const operation: Operation = {
        order: ++this.calls,
        seq: o.seq,
        passing: o.passing ?? false,
        signal: o.signal,
        onLog: o.offline !== undefined,
        losses: 0,
        reject,
        attempt: (link) => {
          o.online(link).then(resolve, (error: unknown) => {
            if (error !== link.client.lostBy) reject(asError(error));
            else this.lostUnder(operation, link, o.repeatable?.() ?? true);
          });
        },
        offline: () => {
          try {
            const result = o.offline?.() ?? null;
            if (result === null) return false;
            resolve(result);
          } catch (error) {
            reject(asError(error));
          }
          return true;
        },
      };
      if (this.link) operation.attempt(this.link);
      else this.hold(operation);
    });
  }

  /** A rollback to `seq` was called. */
  cancelHeldAfter(seq: number): void {
    const undone = () => new VisavisError('aborted', `undone by a rollback to ${seq}`);
    this.held.reject(undone, (operation) => operation.seq !== null && operation.seq > seq);
  }

  /** Another operation was called: no answer is to be begun any more. */
  cancelHeldAnswers(): void {
    const error = () => new VisavisError('aborted', 'the answer was ended by the next operation');
    this.held.reject(error, (operation) => operation.seq === null);
  }

  /** Tells once where the session is given up. */
  onLost(listener: (why: VisavisError) => void): void {
    this.lossListeners.push(listener);
  }

  async close(): Promise<void> {
    const { link } = this;
    this.stopListening();
    this.link = null;
    this.end(new VisavisError('session_closed', 'the session was closed'));
    await link?.close();
  }

  private hold(operation: Operation): void {
    if (this.over) return operation.reject(this.over);
    if (operation.passing) {
      return operation.reject(new VisavisError('shed', 'the session is being rebuilt'));
    }
    this.held.add(operation);
    if (performance.now() >= this.deadlineMs) this.expire();
  }

  private lostUnder(operation: Operation, link: WorkerLink, repeatable: boolean): void {
    this.down(link);
    operation.losses += 1;
    if (repeatable && (operation.losses < MAX_ATTEMPTS || operation.onLog)) this.hold(operation);
    else operation.reject(restarting());
  }

  private up(link: WorkerLink): void {
    this.link = link;
    this.spentMs += performance.now() - this.lostAtMs;
    this.stopDeadline();
    this.stopListening();
    this.stopListening = link.client.onLost(() => this.down(link));
    for (const operation of this.held.take()) operation.attempt(link);
  }

  private down(link: WorkerLink): void {
    if (this.link !== link) return;
    this.link = null;
    this.places.guard.watch('engine.session', link.close());
    const nowMs = performance.now();
    const { recoveryMs } = this.places;
    if (nowMs - this.troubledSinceMs > 2 * recoveryMs) {
      this.troubledSinceMs = nowMs;
      this.spentMs = 0;
    }
    this.lostAtMs = nowMs;
    this.deadlineMs = nowMs + Math.max(0, recoveryMs - this.spentMs);
    const expire = this.places.guard.wrap('engine.session', () => this.expire());
    this.deadline = setTimeout(expire, Math.max(0, this.deadlineMs - nowMs)).unref();
    this.places.guard.watch('engine.session', this.rebuild());
  }

  /** What needs a worker has waited long enough. */
  private expire(): void {
    this.held.expire();
  }

  private async rebuild(): Promise<void> {
    /** Times that a worker was lost, by the entry that it was at. */
    const losses = new Map<number, number>();
    let lost = 0;
    const onLoss = (entry: number): void => {
      losses.set(entry, (losses.get(entry) ?? 0) + 1);
      lost += 1;
      if (losses.get(entry) === MAX_LOSSES_AT_ENTRY || lost === MAX_REPLAY_LOSSES) {
        this.fail(new Error('every worker that it was rebuilt in was lost'));
      }
    };
    while (this.over === null && this.link === null) {
      try {
        await this.places.inTurn(
          () => this.held.waiting,
          () => this.replay(onLoss),
        );
      } catch (error) {
        this.fail(error);
      }
    }
  }

  private async replay(onLoss: (entry: number) => void): Promise<void> {
    if (this.over) return;
    const link = await this.places.open(this.log.head.epoch);
    try {
      const filled = await link.replay(
        this.log,
        () => this.held.waiting,
        () => {
          if (this.over === null) this.up(link);
        },
      );
      if (!filled || this.over) await link.close();
      else this.places.onRebuilt(true);
    } catch (error) {
      await link.close();
      if (error !== link.client.lostBy) throw error;
      onLoss(link.reached);
    }
  }

  private fail(cause: unknown): void {
    if (this.over) return;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.places.onRebuilt(false);
    const error = new VisavisError('session_closed', `the session could not be rebuilt: ${why}`, null, {
      cause,
    });
    this.end(error);
    for (const listener of this.lossListeners) {
      this.places.guard.run('engine.session', () => listener(error));
    }
  }

  private end(error: VisavisError): void {
    this.over ??= error;
    this.stopDeadline();
    const { over } = this;
    this.held.reject(() => over);
  }

  private stopDeadline(): void {
    if (this.deadline) clearTimeout(this.deadline);
    this.deadline = null;
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
