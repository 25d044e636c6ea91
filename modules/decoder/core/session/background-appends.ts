import type { Operation } from './operation.js';
import { backlogReason } from '../scheduling/scheduler-policy.js';
import type { SessionHost } from './session-host.js';
import { shed } from '../scheduling/shed.js';

/** A session's background appends that wait: shed rather than kept where they would be late or in the way. */
export class BackgroundAppends {
  private readonly host: Pick<SessionHost, 'backlog' | 'shedLimits'>;
  private waiting = 0;

  constructor(host: Pick<SessionHost, 'backlog' | 'shedLimits'>) {
    this.host = host;
  }

  /** @param answering whether there is an answer that it would disturb */
  admit(operation: Operation, answering: boolean): void {
    const waiting = { session: this.waiting, worker: this.host.backlog.waiting };
    const reason = answering ? 'answering' : backlogReason(waiting, this.host.shedLimits);
    if (reason) operation.cancel(shed(reason));
    this.count(1);
  }

  /** One that was admitted or shed has ended. */
  ended(): void {
    this.count(-1);
  }

  private count(change: 1 | -1): void {
    this.waiting += change;
    this.host.backlog.waiting += change;
  }
}
