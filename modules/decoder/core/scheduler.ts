/** In the order in which they are served. */
export type Priority = 'commit' | 'decode' | 'background';

const RANK: Record<Priority, number> = { commit: 0, decode: 1, background: 2 };

/** Tokens a background prefill may put into one run, so that a commit waits for one such run at most. */
export const BACKGROUND_CHUNK = 64;

/** Somebody waiting for the model. The priority may rise while waiting: work that a commit is queued behind inherits its. */
export interface Ticket {
  priority: Priority;
}

/** Who runs next: the highest priority, and within one the longest waiting, which makes decoding take turns. */
export class WaitingLine<T extends Ticket> {
  private readonly waiting: T[] = [];

  get length(): number {
    return this.waiting.length;
  }

  add(ticket: T): void {
    this.waiting.push(ticket);
  }

  take(): T | undefined {
    let best = 0;
    for (let index = 1; index < this.waiting.length; index++) {
      if (rank(this.waiting[index]) < rank(this.waiting[best])) best = index;
    }
    return this.waiting.splice(best, 1)[0];
  }
}

function rank(ticket: Ticket | undefined): number {
  return ticket ? RANK[ticket.priority] : Infinity;
}

/** Raises `ticket` to `priority`, never lowers it. */
export function raise(ticket: Ticket, priority: Priority): void {
  if (RANK[priority] < RANK[ticket.priority]) ticket.priority = priority;
}

/** Background frames that may wait: in one session, and in a worker's sessions together. */
export interface ShedLimits {
  readonly perSession: number;
  readonly perWorker: number;
}

/** A frame that would wait behind this many others would be old when it is seen: better to drop it than the present. */
export function mustShed(waiting: { session: number; worker: number }, limits: ShedLimits): boolean {
  return waiting.session >= limits.perSession || waiting.worker >= limits.perWorker;
}
