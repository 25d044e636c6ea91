import { VisavisError, type Checkpoint, type Segment } from '#modules/contracts';
import { PINNED, planEviction, type Span } from './eviction.js';

/** What made rows of a context: a segment, or an answer's tokens. */
export type LogContent =
  | { readonly k: 'segment'; readonly segment: Segment }
  | { readonly k: 'answer'; readonly tokens: readonly number[] };

export interface LogEntry {
  readonly content: LogContent;
  /** Rows that it put into the context. */
  readonly rows: number;
  /** Position id of its first row: evicted rows keep their place in the count. */
  readonly position: number;
  readonly exchange: number;
}

/** How long the log was after an operation. */
interface Point {
  readonly seq: number;
  /** null: undone, or no longer to be had. */
  readonly length: number | null;
}

/** Rows of an answer besides its tokens, until one has been seen: the assistant's mark, the end of the turn. */
const ANSWER_MARKS = 2;

type Edge = Segment & { k: 'turn' };

/**
 * What one session's context is made of, kept outside of the worker that computes it: the truth, of which the worker's
 * state is a cache. Replayed into a fresh session it gives the same rows at the same positions.
 *
 * It is as long as the context: what is evicted leaves the log as well. The rows that stay are then replayed without
 * having seen what was evicted, which is where a rebuilt context differs from the lost one.
 */
export class SessionLog {
  private readonly startRows: number;
  private list: (LogEntry | null)[] = [];
  private points: Point[] = [{ seq: 0, length: 0 }];
  private keys = new Set<string>();
  private last: Checkpoint;
  private rows: number;
  /** Position id minus row of what comes next. */
  private offset = 0;
  private changes = 0;
  /** Rows that edges and the marks of answers take, as the worker counted them. */
  private readonly edgeRows = new Map<string, number>();
  private answerMarks = ANSWER_MARKS;

  /** @param start of the session, as the worker opened it */
  constructor(start: Checkpoint) {
    this.startRows = start.tokens;
    this.rows = start.tokens;
    this.last = start;
    this.points = [{ seq: start.seq, length: 0 }];
  }

  /** In order. null: given up, and without effect (an utterance that was not finished). */
  get entries(): readonly (LogEntry | null)[] {
    return this.list;
  }

  /** After the last operation that succeeded. */
  get head(): Checkpoint {
    return this.last;
  }

  /** Rises whenever entries are taken out: what was replayed before is not this log any more. */
  get revision(): number {
    return this.changes;
  }

  /** @param tokens of the receipt */
  append(seq: number, segment: Segment, tokens: number): Checkpoint {
    const key = keyOf(segment);
    if (!this.keys.has(key)) {
      this.keys.add(key);
      if (segment.k === 'turn') this.edgeRows.set(kindOf(segment), tokens);
      if (segment.k === 'audio') this.giveUpOthers(segment);
      const opensUser = segment.k === 'turn' && segment.edge === 'open' && segment.role === 'user';
      this.put({ k: 'segment', segment }, tokens, this.exchange + (opensUser ? 1 : 0));
    }
    return this.moveTo(seq);
  }

  /**
   * Rows that an edge would take; null: only a worker knows whether it may come now, and what it takes. An edge that was
   * refused for want of a worker would leave the turns of the context and those of its owner at odds.
   */
  edge(segment: Edge): number | null {
    const open = this.list.findLast(
      (entry) => entry?.content.k === 'segment' && isEdge(entry.content.segment),
    );
    const last = open?.content.k === 'segment' && isEdge(open.content.segment) ? open.content.segment : null;
    const openRole = last?.edge === 'open' ? last.role : null;
    const fits = segment.edge === 'open' ? openRole === null : openRole === segment.role;
    return fits && !this.keys.has(keyOf(segment)) ? (this.edgeRows.get(kindOf(segment)) ?? null) : null;
  }

  /** @param at where the worker's head is after it; without one, as answers before it were counted */
  accept(seq: number, tokens: readonly number[], at?: Checkpoint): Checkpoint {
    if (at) this.answerMarks = at.tokens - this.rows - tokens.length;
    const entry = this.next({ k: 'answer', tokens });
    this.put(entry.content, entry.rows, entry.exchange);
    return this.moveTo(seq);
  }

  /** @throws `stale_checkpoint`, also where a rollback would need what the log has let go */
  lengthAt(to: Checkpoint): number {
    const length = this.points.findLast((point) => point.seq <= to.seq)?.length ?? null;
    if (length === null || to.epoch !== this.last.epoch) {
      throw new VisavisError('stale_checkpoint', `checkpoint ${to.seq} of epoch ${to.epoch} is gone`);
    }
    return length;
  }

  /** @throws `stale_checkpoint` */
  rollback(seq: number, to: Checkpoint): Checkpoint {
    const length = this.lengthAt(to);
    this.points = this.points.filter((point) => point.seq <= to.seq);
    if (to.seq + 1 < seq) this.points.push({ seq: to.seq + 1, length: null });
    if (length < this.list.length) {
      this.changes += 1;
      for (const entry of this.list.splice(length)) {
        if (!entry) continue;
        this.rows -= entry.rows;
        if (entry.content.k === 'segment') this.keys.delete(keyOf(entry.content.segment));
      }
    }
    return this.moveTo(seq);
  }

  /** @returns rows freed: what the worker's own eviction frees, since both plan alike */
  evict(seq: number, goal: { keepFrames: number; targetTokens: number }): number {
    const owners = new Map<Span, LogEntry>();
    let from = this.startRows;
    for (const entry of this.list) {
      if (!entry) continue;
      const kind = isFrame(entry) ? 'frame' : 'content';
      owners.set({ kind, from, to: from + entry.rows, exchange: entry.exchange }, entry);
      from += entry.rows;
    }
    const start: Span = { kind: 'content', from: 0, to: this.startRows, exchange: PINNED };
    const currentExchange = this.exchange;
    const dropped = planEviction([start, ...owners.keys()], { ...goal, currentExchange });
    const gone = new Set(dropped.map((span) => owners.get(span)));
    const freed = dropped.reduce((sum, span) => sum + span.to - span.from, 0);
    this.list = this.list.filter((entry) => entry !== null && !gone.has(entry));
    this.rows -= freed;
    this.offset += freed;
    this.keys = new Set(
      this.list.flatMap((entry) => (entry?.content.k === 'segment' ? [keyOf(entry.content.segment)] : [])),
    );
    this.changes += 1;
    this.points = [];
    this.last = { ...this.last, epoch: this.last.epoch + 1 };
    this.moveTo(seq);
    return freed;
  }

  private get exchange(): number {
    return this.list.findLast((entry) => entry !== null)?.exchange ?? PINNED;
  }

  /** An answer's entry as it would be if it came now. */
  next(content: LogContent & { k: 'answer' }): LogEntry {
    const rows = this.answerMarks + content.tokens.length;
    return { content, rows, position: this.rows + this.offset, exchange: this.exchange };
  }

  private put(content: LogContent, rows: number, exchange: number): void {
    this.list.push({ content, rows, position: this.rows + this.offset, exchange });
    this.rows += rows;
  }

  private moveTo(seq: number): Checkpoint {
    const { length } = this.list;
    if (this.points.at(-1)?.length !== length) this.points.push({ seq, length });
    this.last = { seq, epoch: this.last.epoch, tokens: this.rows };
    return this.last;
  }

  /**
   * A block of another utterance: what came of one that is not finished will not be asked for, and its sound is let go.
   * Points inside of it cannot be gone back to.
   */
  private giveUpOthers(block: Segment & { k: 'audio' }): void {
    const first = this.list.findLastIndex((entry) => entry && isAudio(entry) && entry.content.segment.final);
    let from: number | null = null;
    for (let index = first + 1; index < this.list.length; index++) {
      const entry = this.list[index];
      if (!entry || !isAudio(entry) || entry.content.segment.utterance === block.utterance) continue;
      from ??= index;
      this.list[index] = null;
    }
    if (from === null) return;
    const lost = from;
    this.points = this.points.map((point) =>
      point.length !== null && point.length > lost ? { ...point, length: null } : point,
    );
  }
}

type AudioEntry = LogEntry & { content: { k: 'segment'; segment: Segment & { k: 'audio' } } };

function isAudio(entry: LogEntry): entry is AudioEntry {
  return entry.content.k === 'segment' && entry.content.segment.k === 'audio';
}

function isEdge(segment: Segment): segment is Edge {
  return segment.k === 'turn';
}

const kindOf = ({ role, edge }: Edge): string => `${role} ${edge}`;

function isFrame({ content }: LogEntry): boolean {
  return content.k === 'segment' && content.segment.k === 'frame';
}

/** What tells segments apart: both edges of a turn may have one id. */
export function keyOf(segment: Segment): string {
  return segment.k === 'turn' ? `turn ${segment.edge} ${segment.id}` : `${segment.k} ${segment.id}`;
}
