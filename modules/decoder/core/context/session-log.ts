import { VisavisError, type Checkpoint, type Segment, type EvictOptions } from '#modules/contracts';
import { planEviction } from './eviction.js';
import { idsOf, isAudio, ownerOfEntry, type LogContent, type LogEntry } from './log-entry.js';
import { PINNED, isNamed, kindOf as spanKind, opensExchange, ownerOf, type Span } from './span.js';

/** What an eviction or a redaction took out: rows, and ids as the worker tells them. */
interface Taken {
  readonly freed: number;
  readonly dropped: readonly string[];
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
type Answer = LogContent & { k: 'answer' };

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
  /** Row behind which positions are not rows any more. */
  private firstHole = Infinity;
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

  /** Position id of what comes next. */
  get position(): number {
    return this.rows + this.offset;
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
    const { key } = ownerOf(segment);
    if (!this.keys.has(key)) {
      this.keys.add(key);
      if (segment.k === 'turn') this.edgeRows.set(kindOf(segment), tokens);
      if (segment.k === 'audio') this.giveUpOthers(segment);
      const exchange = this.exchange + (opensExchange(segment) ? 1 : 0);
      const kind = spanKind(segment, this.openRole);
      const content = { k: 'segment', segment } as const;
      this.put({ content, rows: tokens, position: this.position, exchange, kind });
    }
    return this.moveTo(seq);
  }

  /**
   * Rows that an edge would take; null: only a worker knows whether it may come now, and what it takes. An edge that was
   * refused for want of a worker would leave the turns of the context and those of its owner at odds.
   */
  edge(segment: Edge): number | null {
    const { openRole } = this;
    const fits = segment.edge === 'open' ? openRole === null : openRole === segment.role;
    return fits && !this.keys.has(ownerOf(segment).key) ? (this.edgeRows.get(kindOf(segment)) ?? null) : null;
  }

  /** @param at where the worker's head is after it; without one, as answers before it were counted */
  accept(seq: number, answer: Answer, at?: Checkpoint): Checkpoint {
    if (at) this.answerMarks = at.tokens - this.rows - answer.tokens.length;
    const entry = this.next(answer);
    this.put(entry);
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
        this.keys.delete(ownerOfEntry(entry).key);
      }
    }
    return this.moveTo(seq);
  }

  /** Takes out what the worker's own eviction takes out, since both plan alike. */
  evict(seq: number, goal: EvictOptions): Taken {
    const placed = this.placed();
    const start = { kind: 'content', from: 0, to: this.startRows, position: 0, owner: null } as const;
    const spans: Span[] = [{ ...start, exchange: PINNED }, ...placed.keys()];
    const dropped = planEviction(spans, { ...goal, currentExchange: this.exchange });
    const gone = dropped.map((span) => placed.get(span)).filter((entry) => entry !== undefined);
    const freed = this.takeOut(new Set(gone));
    this.firstHole = Math.min(this.firstHole, ...dropped.map(({ from }) => from));
    this.offset += freed;
    this.startEpoch(seq);
    return { freed, dropped: idsOf(gone) };
  }

  /**
   * Takes out what is named. What lies behind it moves up, as it does in the worker, which computes it anew; an id that
   * names nothing may be that of something evicted, and then what lies behind that does.
   */
  redact(seq: number, ids: readonly string[]): Taken {
    const names = new Set(ids);
    const named = [...this.placed()].filter(([{ owner }]) => isNamed(owner, names));
    const withRows = named.filter(([, entry]) => entry.rows > 0);
    const known = new Set(withRows.flatMap(([{ owner }]) => [owner?.id, owner?.utterance]));
    const { speaking } = this;
    const allKnown = ids.every((id) => known.has(id) || id === speaking);
    const hole = allKnown ? Infinity : this.firstHole;
    const first = withRows[0]?.[0] ?? { from: this.rows, position: this.position };
    const from = Math.min(hole, first.from);
    const position = hole <= first.from ? from : first.position;
    if (hole <= first.from || first.from < this.firstHole) this.firstHole = Infinity;
    const freed = this.takeOut(new Set(named.map(([, entry]) => entry)));
    this.offset = position - from;
    this.moveBehind(from);
    this.startEpoch(seq);
    return { freed, dropped: idsOf(withRows.map(([, entry]) => entry)) };
  }

  /** Shortens an accepted answer, as the worker does: what lies behind it moves up. */
  cut(seq: number, genId: string, keepTokens: number): Taken {
    const [span, entry] =
      [...this.placed()].find(([, { content }]) => content.k === 'answer' && content.id === genId) ?? [];
    const tokens = entry?.content.k === 'answer' ? entry.content.tokens : [];
    const freed = Math.max(0, tokens.length - keepTokens);
    if (span && entry && freed > 0) {
      const content = { k: 'answer', id: genId, tokens: tokens.slice(0, keepTokens) } as const;
      if (span.from < this.firstHole) this.firstHole = Infinity;
      this.offset = span.position - span.from;
      this.rows -= freed;
      this.list = this.list.map((other) =>
        other === entry ? { ...entry, content, rows: entry.rows - freed } : other,
      );
      this.moveBehind(span.from);
    }
    this.startEpoch(seq);
    return { freed, dropped: [] };
  }

  /** Entries from this row on are where they would be without what was taken out in front of them. */
  private moveBehind(from: number): void {
    let row = this.startRows;
    this.list = this.list.map((entry) => {
      if (!entry) return null;
      const moved = row < from ? entry : { ...entry, position: row + this.offset };
      row += entry.rows;
      return moved;
    });
  }

  /** The entries where their rows are. */
  private placed(): Map<Span, LogEntry> {
    const placed = new Map<Span, LogEntry>();
    let from = this.startRows;
    for (const entry of this.list) {
      if (!entry) continue;
      const { rows, position, exchange, kind } = entry;
      placed.set({ kind, from, to: from + rows, position, exchange, owner: ownerOfEntry(entry) }, entry);
      from += rows;
    }
    return placed;
  }

  /** @returns rows freed */
  private takeOut(gone: ReadonlySet<LogEntry>): number {
    const before = this.rows;
    this.list = this.list.filter((entry) => entry !== null && !gone.has(entry));
    for (const entry of gone) {
      this.rows -= entry.rows;
      this.keys.delete(ownerOfEntry(entry).key);
    }
    return before - this.rows;
  }

  private startEpoch(seq: number): void {
    this.changes += 1;
    this.points = [];
    this.last = { ...this.last, epoch: this.last.epoch + 1 };
    this.moveTo(seq);
  }

  /** Name of the utterance that is not finished. */
  private get speaking(): string | null {
    const last = this.list.findLast((entry) => entry !== null && isAudio(entry));
    if (!last || !isAudio(last) || last.content.segment.final) return null;
    return last.content.segment.utterance ?? null;
  }

  /**
   * The frame or utterance of this id, whole: a final block stands for all of its utterance.
   * @returns null: the log does not hold it
   */
  media(id: string): Extract<Segment, { k: 'frame' | 'audio' }> | null {
    const segments = this.list.flatMap((entry) =>
      entry?.content.k === 'segment' ? [entry.content.segment] : [],
    );
    const at = segments.findIndex(
      (segment) => segment.id === id && (segment.k === 'frame' || segment.k === 'audio'),
    );
    const found = segments[at];
    if (found?.k === 'frame') return found;
    if (found?.k !== 'audio' || !found.final) return null;
    const blocks = [found];
    for (const before of segments.slice(0, at).toReversed()) {
      if (before.k !== 'audio') continue;
      if (before.final || before.utterance !== found.utterance) break;
      blocks.unshift(before);
    }
    return { ...found, ptsMs: blocks[0]?.ptsMs ?? found.ptsMs, pcm: joined(blocks.map(({ pcm }) => pcm)) };
  }

  /** Role of the turn that is open. */
  private get openRole(): Edge['role'] | null {
    for (const entry of this.list.toReversed()) {
      const segment = entry?.content.k === 'segment' ? entry.content.segment : null;
      if (segment?.k === 'turn') return segment.edge === 'open' ? segment.role : null;
    }
    return null;
  }

  private get exchange(): number {
    // A block of an utterance that was redacted may be left, which has no rows.
    return this.list.findLast((entry) => entry !== null && entry.rows > 0)?.exchange ?? PINNED;
  }

  /** An answer's entry as it would be if it came now. */
  next(content: Answer): LogEntry {
    const rows = this.answerMarks + content.tokens.length;
    return { content, rows, position: this.position, exchange: this.exchange, kind: 'content' };
  }

  private put(entry: LogEntry): void {
    this.list.push(entry);
    this.rows += entry.rows;
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

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const kindOf = ({ role, edge }: Edge): string => `${role} ${edge}`;
