import { VisavisError, type Checkpoint } from '#modules/contracts';
import type { ContextState } from './context.js';

interface Entry {
  readonly state: ContextState;
  /** The segment that the operation appended, if it did. */
  readonly segmentKey: string | null;
}

/**
 * What each operation of a session led to, by its sequence number. Numbers come from the session's owner, one an
 * operation, so that a checkpoint can name operations which are still under way. An operation that failed is recorded
 * with the state unchanged.
 */
export class Journal {
  private readonly entries = new Map<number, Entry>();
  /** Tokens that each segment of this epoch added; what makes a retry a no-op. */
  private readonly segments = new Map<string, number>();
  private last: Checkpoint;

  constructor(start: ContextState) {
    this.last = { seq: 0, epoch: 0, tokens: start.tokens };
    this.entries.set(0, { state: start, segmentKey: null });
  }

  get head(): Checkpoint {
    return this.last;
  }

  /** Tokens that the segment added when it came first; undefined if it is new. */
  seen(segmentKey: string): number | undefined {
    return this.segments.get(segmentKey);
  }

  record(seq: number, state: ContextState): Checkpoint {
    this.entries.set(seq, { state, segmentKey: null });
    return this.moveTo(seq, state);
  }

  recordSegment(seq: number, state: ContextState, segmentKey: string, tokens: number): Checkpoint {
    this.entries.set(seq, { state, segmentKey });
    this.segments.set(segmentKey, tokens);
    return this.moveTo(seq, state);
  }

  /** @throws `stale_checkpoint` for a point before the last eviction, or one that a rollback has undone */
  stateAt(checkpoint: Checkpoint): ContextState {
    const entry = this.entries.get(checkpoint.seq);
    if (!entry || checkpoint.epoch !== this.last.epoch) {
      throw new VisavisError(
        'stale_checkpoint',
        `checkpoint ${checkpoint.seq} of epoch ${checkpoint.epoch} is gone`,
      );
    }
    return entry.state;
  }

  /** Forgets everything after `to`, as operation `seq`. */
  rollback(seq: number, to: Checkpoint): Checkpoint {
    const state = this.stateAt(to);
    for (const [at, entry] of this.entries) {
      if (at <= to.seq) continue;
      if (entry.segmentKey !== null) this.segments.delete(entry.segmentKey);
      this.entries.delete(at);
    }
    return this.record(seq, state);
  }

  /** Begins a new epoch, as operation `seq`: no earlier point can be gone back to. */
  startEpoch(seq: number, state: ContextState): Checkpoint {
    this.entries.clear();
    this.segments.clear();
    this.last = { ...this.last, epoch: this.last.epoch + 1 };
    return this.record(seq, state);
  }

  private moveTo(seq: number, state: ContextState): Checkpoint {
    this.last = { seq, epoch: this.last.epoch, tokens: state.tokens };
    return this.last;
  }
}
