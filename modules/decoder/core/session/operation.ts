import type { VisavisError } from '#modules/contracts';
import type { Priority } from '../scheduling/scheduler-policy.js';
import { raise, type Ticket } from '../scheduling/scheduler.js';

/** One operation of a session, waiting or under way. It is also its own ticket for the model. */
export class Operation implements Ticket {
  priority: Priority;
  /** The owner's number of it; null for what leaves the context as it is. */
  readonly seq: number | null;
  private reason: VisavisError | null = null;
  private onCancel: (reason: VisavisError) => void = () => undefined;

  constructor(priority: Priority, seq: number | null) {
    this.priority = priority;
    this.seq = seq;
  }

  /** Its promise rejects at once; if it is under way, it ends at its next check. */
  cancel(reason: VisavisError): void {
    this.reason ??= reason;
    this.onCancel(this.reason);
  }

  get isCancelled(): boolean {
    return this.reason !== null;
  }

  throwIfCancelled(): void {
    if (this.reason) throw this.reason;
  }

  /** Where `cancel` reports to. */
  whenCancelled(report: (reason: VisavisError) => void): void {
    this.onCancel = report;
    if (this.reason) report(this.reason);
  }
}

/** A session's operations, first in, first out. What is ahead of a more urgent one inherits its priority. */
export class OperationQueue {
  private readonly queued = new Set<Operation>();
  private tail: Promise<void> = Promise.resolve();
  private readonly onIdle: () => void;

  /** @param onIdle called when the last operation has ended; may start another one */
  constructor(onIdle: () => void) {
    this.onIdle = onIdle;
  }

  /** Runs `work` after everything before it; a cancelled operation's too, which must begin with its own check. */
  run<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    for (const ahead of this.queued) raise(ahead, operation.priority);
    this.queued.add(operation);
    return new Promise<T>((resolve, reject) => {
      operation.whenCancelled(reject);
      this.tail = this.tail
        .then(work)
        .then(resolve, reject)
        .finally(() => {
          this.queued.delete(operation);
          if (this.queued.size === 0) this.onIdle();
        });
    });
  }

  /** Cancels the numbered operations after `seq`. */
  cancelAfter(seq: number, reason: VisavisError): void {
    for (const operation of this.queued) {
      if (operation.seq !== null && operation.seq > seq) operation.cancel(reason);
    }
  }

  cancelAll(reason: VisavisError): void {
    for (const operation of this.queued) operation.cancel(reason);
  }

  /** Resolves when nothing is queued any more, with all that the idle time led to. */
  async settled(): Promise<void> {
    for (let known: Promise<void> | null = null; known !== this.tail;) {
      known = this.tail;
      await known;
    }
  }

  /** Resolves when what is queued now has ended. */
  idle(): Promise<void> {
    return this.tail;
  }
}
