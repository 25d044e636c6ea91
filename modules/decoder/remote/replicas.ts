import type { SlotUse } from '../core/remote/request.js';
import { VisavisError, type Guard } from '#modules/contracts';
import { backoffMs } from '../core/remote/backoff.js';
import { Breaker } from '../core/remote/breaker.js';
import { WarmGate } from '../core/remote/warm-gate.js';
import type { ChatServer } from './http/chat-server.js';
import { Failure, type FailureKind } from './http/failure.js';
import type { RemoteClock } from './options.js';

/** One server of several that serve the same model. */
export class Replica {
  readonly server: ChatServer;
  readonly breaker = new Breaker();
  readonly gate = new WarmGate();
  /** Sessions that are placed here. */
  sessions = 0;
  /** Slots that no session is tied to. */
  freeSlots: number[] = [];
  /** For what no slot is tied to: the server would choose the one with the likest cache, whoever's that is. null: it has no slots. */
  private sharedSlot: number | null = null;
  /** Whose request each slot was given last. */
  private readonly users = new Map<number, string>();

  /** @param slots of the server; 0: it has none that a session could be tied to */
  constructor(server: ChatServer, slots: number) {
    this.server = server;
    this.has(slots);
  }

  /** What is known of its slots: nothing yet of one that was not there at the start. */
  has(slots: number): void {
    if (this.sharedSlot !== null) return;
    this.sharedSlot = slots > 0 ? slots - 1 : null;
    // The only one there is has to serve for both.
    this.freeSlots = Array.from({ length: slots === 1 ? 1 : Math.max(0, slots - 1) }, (_, index) => index);
  }

  /** Whether what is sent ahead can be found again. @param tied as for {@link slotFor} */
  keeps(tied: number | null): boolean {
    return this.sharedSlot === null || tied !== null;
  }

  /**
   * Where the next request goes; what a slot holds is used only by the tenant whose it is.
   * @param tied the slot that the session is tied to; null: to none
   */
  slotFor(tied: number | null, tenant: string): SlotUse | null {
    const id = tied ?? this.sharedSlot;
    if (id === null) return null;
    const reuse = tied !== null && this.users.get(id) === tenant;
    this.users.set(id, tenant);
    return { id, reuse };
  }
}

/** Where a session is served. */
export class Place {
  replica: Replica;
  /** null: any. */
  slot: number | null = null;
  /** Tokens that the replica was seen to have of the session: it has more since. */
  held = 0;
  private left = false;

  constructor(replica: Replica) {
    this.replica = replica;
    this.enter();
  }

  /** @param cached what the replica told that it had; null: it did not tell, or it is no use any more */
  found(cached: number | null): void {
    this.held = cached ?? 0;
  }

  moveTo(replica: Replica): void {
    if (replica === this.replica || this.left) return;
    this.leave();
    this.left = false;
    this.replica = replica;
    this.enter();
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    this.replica.sessions -= 1;
    if (this.slot !== null) this.replica.freeSlots.push(this.slot);
    this.slot = null;
  }

  private enter(): void {
    this.held = 0;
    this.replica.sessions += 1;
    this.slot = this.replica.freeSlots.shift() ?? null;
  }
}

export interface ReplicasOptions {
  readonly clock: RemoteClock;
  readonly random: () => number;
  readonly guard: Guard;
  readonly retryMs: number;
  /** Has a server that was left out answer something, from its model. @throws Failure where it does not */
  readonly trial: (replica: Replica, signal: AbortSignal) => Promise<void>;
  readonly log: (level: 'info' | 'warn', line: string) => void;
}

export interface Attempts {
  readonly signal: AbortSignal;
  /** Whether it can be begun once more without anybody noticing. */
  readonly repeatable: () => boolean;
}

/** How often it is looked whether a server is back (ms), where a request waits for one. */
const WAIT_MS = 200;

/** The servers: which of them work, where a session goes, and what is done when one fails. */
export class Replicas {
  readonly list: readonly Replica[];
  /** Since the start. */
  lost = 0;
  retries = 0;
  /** Sessions that were moved to another server. */
  failovers = 0;
  /** Requests of any kind, each try of them; an abort is none. */
  readonly failures = new Map<FailureKind, number>();
  movedAnswers = 0;
  givenUp = 0;
  private readonly options: ReplicasOptions;
  private readonly trials = new Map<Replica, () => void>();
  private readonly looking = new Set<Replica>();
  private readonly closing = new AbortController();

  constructor(list: readonly Replica[], options: ReplicasOptions) {
    this.list = list;
    this.options = options;
  }

  get up(): number {
    return this.list.filter(({ breaker }) => !breaker.isOpen).length;
  }

  /** @throws `engine_restarting` where none works */
  place(): Place {
    const best = this.best();
    if (!best) throw noneWorks();
    return new Place(best);
  }

  /** A server that did not answer at the start. */
  missing(replica: Replica): void {
    replica.breaker.failed(true);
    this.tryLater(replica);
  }

  /**
   * Makes a request of a session, again and elsewhere where it fails before it has begun to be answered.
   * @throws VisavisError `engine_restarting`, `capacity`, `engine_failed`, `context_full`, `aborted`
   */
  async request<T>(place: Place, attempt: (place: Place) => Promise<T>, o: Attempts): Promise<T> {
    const { clock, random, retryMs } = this.options;
    const untilMs = clock.nowMs() + retryMs;
    let last: Failure | null = null;
    for (let failures = 0; ;) {
      if (o.signal.aborted) throw new VisavisError('aborted', 'the request was aborted');
      this.leaveBroken(place);
      const { replica } = place;
      if (replica.breaker.isOpen) {
        if (clock.nowMs() >= untilMs) throw this.gaveUp(last);
        await this.sleep(WAIT_MS, o.signal);
        continue;
      }
      try {
        const result = await attempt(place);
        replica.breaker.succeeded();
        if (failures > 0) this.movedAnswers += 1;
        return result;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        last = error;
        failures += 1;
        this.count(error);
        if (error.isFault) this.failed(replica, error);
        if (error.kind === 'aborted' || !error.isPassing || !o.repeatable()) throw error.toError();
        const waitMs = backoffMs(failures, random(), error.retryAfterMs);
        if (clock.nowMs() + waitMs >= untilMs) throw this.gaveUp(last);
        this.retries += 1;
        const other = this.best(replica);
        if (other) this.move(place, other);
        await this.sleep(waitMs, o.signal);
      }
    }
  }

  /** A request beside those of answers came to this end. */
  note(replica: Replica, failure: Failure | null): void {
    if (!failure) return replica.breaker.succeeded();
    this.count(failure);
    if (failure.isFault) this.failed(replica, failure);
  }

  close(): void {
    this.closing.abort();
    for (const cancel of this.trials.values()) cancel();
    this.trials.clear();
  }

  private gaveUp(last: Failure | null): VisavisError {
    this.givenUp += 1;
    return last?.toError() ?? noneWorks();
  }

  private leaveBroken(place: Place): void {
    if (!place.replica.breaker.isOpen) return;
    const other = this.best(place.replica);
    if (other) this.move(place, other);
  }

  private move(place: Place, to: Replica): void {
    this.failovers += 1;
    place.moveTo(to);
  }

  private count({ kind }: Failure): void {
    if (kind !== 'aborted') this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
  }

  /** Of those that work the one with the fewest sessions. */
  private best(except?: Replica): Replica | null {
    const works = this.list.filter((replica) => !replica.breaker.isOpen && replica !== except);
    return works.toSorted((a, b) => a.sessions - b.sessions)[0] ?? null;
  }

  private failed(replica: Replica, failure: Failure): void {
    const opened = replica.breaker.failed(failure.isRefusedConnection || failure.kind === 'overdue');
    if (opened) this.leaveOut(replica, failure);
    else if (failure.kind === 'unreachable') this.look(replica);
  }

  private leaveOut(replica: Replica, { message, patience }: Failure): void {
    this.lost += 1;
    const hint = patience === null ? '' : `; if it may take longer, set ${patience} higher`;
    this.options.log('warn', `${replica.server.name} is left out for now: ${message}${hint}`);
    this.tryLater(replica);
  }

  /** Whether it is gone: the next session is not to find that out. */
  private look(replica: Replica): void {
    if (this.looking.has(replica) || replica.breaker.isOpen) return;
    this.looking.add(replica);
    this.options.guard.run('engine.look', async () => {
      try {
        await replica.server.get('/v1/models', this.closing.signal);
      } catch (error) {
        const isGone = error instanceof Failure && error.isFault && !this.closing.signal.aborted;
        if (isGone && replica.breaker.failed(true)) this.leaveOut(replica, error);
      } finally {
        this.looking.delete(replica);
      }
    });
  }

  private tryLater(replica: Replica): void {
    const { trialInMs } = replica.breaker;
    if (trialInMs === null || this.closing.signal.aborted) return;
    const onTrial = this.options.guard.wrap('engine.trial', async () => {
      this.trials.delete(replica);
      try {
        await this.options.trial(replica, this.closing.signal);
        replica.breaker.trialSucceeded();
        this.options.log('info', `${replica.server.name} is back`);
      } catch {
        replica.breaker.trialFailed();
        this.tryLater(replica);
      }
    });
    this.trials.get(replica)?.();
    this.trials.set(replica, this.options.clock.after(trialInMs, onTrial));
  }

  private sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = this.options.guard.wrap('engine.retry', () => resolve());
    const cancel = this.options.clock.after(ms, wake);
    signal.addEventListener('abort', wake, { once: true });
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', wake);
    });
  }
}

const noneWorks = () => new VisavisError('engine_restarting', 'no inference server can be reached');
