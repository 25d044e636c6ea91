import { VisavisError } from '#modules/contracts';

interface Operation {
  readonly seq: number;
  cancelled: boolean;
}

/** A session's operations: performed one after the other, in the order in which they were called. */
export class Operations {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly waiting = new Set<Operation>();
  private lastSeq = 0;

  /** Of the last that was called. */
  get seq(): number {
    return this.lastSeq;
  }

  next(): number {
    return ++this.lastSeq;
  }

  /** What was called before has been done, well or not. */
  get settled(): Promise<unknown> {
    return this.tail;
  }

  /**
   * @param work is handed what throws where a rollback has undone the operation meanwhile: it is to be called behind every wait
   */
  run<T>(seq: number, work: (check: () => void) => Promise<T> | T): Promise<T> {
    const operation: Operation = { seq, cancelled: false };
    this.waiting.add(operation);
    const check = () => {
      if (operation.cancelled) throw new VisavisError('aborted', 'it was undone by a rollback');
    };
    const done = this.tail
      .then(() => {
        check();
        return work(check);
      })
      .finally(() => this.waiting.delete(operation));
    this.tail = done.catch(() => undefined);
    return done;
  }

  cancelAfter(seq: number): void {
    for (const operation of this.waiting) if (operation.seq > seq) operation.cancelled = true;
  }
}
