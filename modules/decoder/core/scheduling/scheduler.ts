import {
  BATCH_LIMITS,
  NOBODY_WAITS,
  nextRun,
  outranks,
  passOver,
  type BatchLimits,
  type PassedOver,
  type Priority,
  type Step,
} from './scheduler-policy.js';

/** Somebody waiting for the model. The priority may rise while waiting: work that a commit is queued behind inherits its. */
export interface Ticket {
  priority: Priority;
}

/** Raises `ticket` to `priority`, never lowers it. */
export function raise(ticket: Ticket, priority: Priority): void {
  if (outranks(priority, ticket.priority)) ticket.priority = priority;
}

/** Waits for a run of its own. `perform` never rejects: it tells its own caller. */
interface Lone {
  readonly ticket: Ticket;
  readonly step: null;
  readonly perform: () => Promise<void>;
}

/** Waits for a run that it may share. */
interface Sharing<S, R> {
  readonly ticket: Ticket;
  readonly step: S;
  readonly told: PromiseWithResolvers<R>;
}

type Waiter<S, R> = Lone | Sharing<S, R>;

export interface SchedulerOptions<S extends Step, R> {
  /** Awaited before each choice, so that whatever arrived during the last run takes part in it. */
  readonly settle: () => Promise<void>;
  /** Runs steps as one; results in their order. A rejection is everybody's. */
  readonly together: (steps: readonly S[]) => Promise<readonly R[]>;
  /** Default {@link BATCH_LIMITS}. */
  readonly limits?: BatchLimits;
}

/** Who waits for the model. Lets one run through at a time, in the order of {@link nextRun}. */
export class Scheduler<S extends Step, R> {
  private readonly options: SchedulerOptions<S, R>;
  private waiting: Waiter<S, R>[] = [];
  private passedOver: PassedOver = NOBODY_WAITS;
  private busy = false;

  constructor(options: SchedulerOptions<S, R>) {
    this.options = options;
  }

  /** A run of one's own. */
  run<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
    const done = Promise.withResolvers<T>();
    const perform = async () => {
      try {
        done.resolve(await work());
      } catch (error) {
        done.reject(error);
      }
    };
    this.enter({ ticket, step: null, perform });
    return done.promise;
  }

  /** A sequence's next token, in a run that others may share. */
  step(ticket: Ticket, step: S): Promise<R> {
    const told = Promise.withResolvers<R>();
    this.enter({ ticket, step, told });
    return told.promise;
  }

  private enter(waiter: Waiter<S, R>): void {
    this.waiting.push(waiter);
    this.serve();
  }

  private serve(): void {
    if (this.busy || this.waiting.length === 0) return;
    this.busy = true;
    void this.next();
  }

  private async next(): Promise<void> {
    await this.options.settle();
    await this.perform(this.take());
    this.busy = false;
    this.serve();
  }

  private take(): Waiter<S, R>[] {
    const seen = this.waiting.map(({ ticket, step }) => ({ priority: ticket.priority, step }));
    const chosen = nextRun(seen, this.passedOver, this.options.limits ?? BATCH_LIMITS);
    this.passedOver = passOver(seen, chosen, this.passedOver);
    const taken = chosen.flatMap((index) => this.waiting[index] ?? []);
    this.waiting = this.waiting.filter((waiter) => !taken.includes(waiter));
    return taken;
  }

  private async perform(taken: readonly Waiter<S, R>[]): Promise<void> {
    const sharing: Sharing<S, R>[] = [];
    for (const waiter of taken) {
      if ('told' in waiter) sharing.push(waiter);
      else await waiter.perform();
    }
    if (sharing.length === 0) return;
    try {
      const results = await this.options.together(sharing.map(({ step }) => step));
      sharing.forEach(({ told }, index) => told.resolve(results[index] as R));
    } catch (error) {
      for (const { told } of sharing) told.reject(error);
    }
  }
}
