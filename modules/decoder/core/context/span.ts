import type { Role, Segment } from '#modules/contracts';
import type { RowRange } from './row-slab.js';

/** What put rows into a context: a segment, or an accepted answer. */
export interface SpanOwner {
  /** The segment's id, or the answer's. */
  readonly id: string;
  /** Unlike the id, never shared: both edges of a turn may have one id. */
  readonly key: string;
  /** The name that the blocks of one utterance share. */
  readonly utterance: string | null;
}

/** `system`: of a system turn. `content`: any other rows that are no frame. */
export type SpanKind = 'frame' | 'system' | 'content';

/** A run of context rows that came in together. */
export interface Span extends RowRange {
  readonly kind: SpanKind;
  /** Position id of the first row. */
  readonly position: number;
  /** User turns before it, counted from 0; −1 for what came before the first (the start, the system prompt). */
  readonly exchange: number;
  /** Null for the start of the context and for an answer that is not accepted. */
  readonly owner: SpanOwner | null;
}

export const PINNED = -1;

export function rowsOf(ranges: readonly RowRange[]): number {
  return ranges.reduce((sum, range) => sum + range.to - range.from, 0);
}

/** The spans that stay, moved down to where their rows are once `dropped` are gone; positions stay. */
export function closeGaps(spans: readonly Span[], dropped: readonly Span[]): Span[] {
  const gone = new Set(dropped);
  let removed = 0;
  const kept: Span[] = [];
  for (const span of spans) {
    if (gone.has(span)) removed += span.to - span.from;
    else kept.push({ ...span, from: span.from - removed, to: span.to - removed });
  }
  return kept;
}

export function ownerOf(segment: Segment): SpanOwner {
  const edge = segment.k === 'turn' ? ` ${segment.edge}` : '';
  const utterance = segment.k === 'audio' ? (segment.utterance ?? null) : null;
  return { id: segment.id, key: `${segment.k}${edge} ${segment.id}`, utterance };
}

export function answerOwner(genId: string): SpanOwner {
  return { id: genId, key: `answer ${genId}`, utterance: null };
}

/** Whether one of `ids` names it: by its own id, or by its utterance. */
export function isNamed(owner: SpanOwner | null, ids: ReadonlySet<string>): boolean {
  return owner !== null && (ids.has(owner.id) || (owner.utterance !== null && ids.has(owner.utterance)));
}

/** A user's turn begins an exchange. */
export function opensExchange(segment: Segment): boolean {
  return segment.k === 'turn' && segment.edge === 'open' && segment.role === 'user';
}

/** @param open role of the turn that is open when it comes */
export function kindOf(segment: Segment, open: Role | null): SpanKind {
  if (segment.k === 'frame') return 'frame';
  return (segment.k === 'turn' ? segment.role : open) === 'system' ? 'system' : 'content';
}
