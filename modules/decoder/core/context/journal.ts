import { VisavisError, type Checkpoint, type ErrorCode, type Segment } from '#modules/contracts';
import type { ContextState } from './context.js';
import type { RowRange } from './row-slab.js';
import type { SpanOwner } from './span.js';

/** Operations that the journal remembers, and that can be gone back to. */
export const JOURNAL_LIMIT = 256;

/** What an operation did; ids are those of segments and of accepted answers. */
export type JournalOperation =
  | { readonly op: 'open' }
  | {
      readonly op: 'append';
      readonly kind: Segment['k'];
      readonly owner: SpanOwner;
      /** Tokens that the segment added when it came first: a retry adds nothing. */
      readonly added: number;
    }
  | { readonly op: 'mark' }
  | { readonly op: 'commit'; readonly owner: SpanOwner; readonly tokensKept: number }
  | { readonly op: 'rollback'; readonly to: number }
  | { readonly op: 'evict'; readonly dropped: readonly string[]; readonly freed: number }
  | {
      readonly op: 'redact';
      readonly ids: readonly string[];
      readonly dropped: readonly string[];
      readonly freed: number;
    }
  | { readonly op: 'cut'; readonly owner: SpanOwner; readonly keepTokens: number; readonly freed: number }
  | { readonly op: 'failed'; readonly code: ErrorCode };

/** One operation of a session, and where it led. */
export type JournalEntry = JournalOperation & {
  /** The owner's number of it. */
  readonly seq: number;
  readonly epoch: number;
  /** In the context afterwards. */
  readonly tokens: number;
  /** The rows that it put in; of a redaction, those that are computed anew; null: none. */
  readonly span: RowRange | null;
};

/** How an operation ends up in the journal. */
export type Outcome = JournalOperation & { readonly seq: number; readonly span?: RowRange };

interface Point {
  readonly entry: JournalEntry;
  /** Null where there is no way back: undone, or of an earlier epoch. */
  readonly state: ContextState | null;
  /** User turns up to it. */
  readonly exchange: number;
  /** What it did is so no more: a rollback has undone it, or it was taken out. */
  readonly gone: boolean;
}

/**
 * The newest operations of a session, in order, and the state that each led to: every entry is a checkpoint. Numbers
 * come from the session's owner, one an operation, so that a checkpoint can name operations which are still under way.
 * An operation that failed is recorded with the state unchanged.
 */
export class Journal {
  private readonly points = new Map<number, Point>();
  private readonly limit: number;
  private last: Checkpoint;

  constructor(start: ContextState, limit = JOURNAL_LIMIT) {
    this.limit = limit;
    this.last = { seq: 0, epoch: 0, tokens: start.tokens };
    this.record({ op: 'open', seq: 0, span: { from: 0, to: start.tokens } }, start);
  }

  get head(): Checkpoint {
    return this.last;
  }

  /** Oldest first; what was undone is still told. */
  get entries(): readonly JournalEntry[] {
    return [...this.points.values()].map(({ entry }) => entry);
  }

  /** Whether a segment that added no rows of its own (a block of an utterance) is in the state of things. */
  took(key: string): boolean {
    for (const { entry, gone } of this.points.values()) {
      if (!gone && entry.op === 'append' && entry.added === 0 && entry.owner.key === key) return true;
    }
    return false;
  }

  /** What was appended by those that `which` chooses has been taken out: it may be appended again. */
  forget(which: (owner: SpanOwner, exchange: number) => boolean): void {
    for (const [at, point] of this.points) {
      const { entry, exchange } = point;
      if (entry.op === 'append' && which(entry.owner, exchange))
        this.points.set(at, { ...point, gone: true });
    }
  }

  record(outcome: Outcome, state: ContextState): Checkpoint {
    const { seq } = outcome;
    this.last = { seq, epoch: this.last.epoch, tokens: state.tokens };
    const entry = { ...outcome, ...this.last, span: outcome.span ?? null };
    this.points.set(seq, { entry, state, exchange: state.exchange, gone: false });
    for (const oldest of this.points.keys()) {
      if (this.points.size <= this.limit) break;
      this.points.delete(oldest);
    }
    return this.last;
  }

  /** @throws `stale_checkpoint` for a point of an earlier epoch, one that is undone, and one that is too long ago */
  stateAt({ seq, epoch }: Checkpoint): ContextState {
    const state = this.points.get(seq)?.state;
    if (!state) throw new VisavisError('stale_checkpoint', `checkpoint ${seq} of epoch ${epoch} is gone`);
    return state;
  }

  /** Goes back to `to`, as operation `seq`: what came between can be gone back to no more. */
  rollback(seq: number, to: Checkpoint): Checkpoint {
    const state = this.stateAt(to);
    for (const [at, point] of this.points) {
      if (at > to.seq) this.points.set(at, { ...point, state: null, gone: true });
    }
    return this.record({ op: 'rollback', seq, to: to.seq }, state);
  }

  /** Begins a new epoch with an operation: no earlier point can be gone back to. */
  startEpoch(outcome: Outcome, state: ContextState): Checkpoint {
    for (const [at, point] of this.points) this.points.set(at, { ...point, state: null });
    this.last = { ...this.last, epoch: this.last.epoch + 1 };
    return this.record(outcome, state);
  }
}
