import type { Segment } from '#modules/contracts';
import { answerOwner, ownerOf, type SpanKind, type SpanOwner } from './span.js';

/** What made rows of a context: a segment, or an answer's tokens. */
export type LogContent =
  | { readonly k: 'segment'; readonly segment: Segment }
  | { readonly k: 'answer'; readonly id: string; readonly tokens: readonly number[] };

export interface LogEntry {
  readonly content: LogContent;
  /** Rows that it put into the context. */
  readonly rows: number;
  /** Position id of its first row: evicted rows keep their place in the count. */
  readonly position: number;
  readonly exchange: number;
  readonly kind: SpanKind;
}

type AudioEntry = LogEntry & { content: { k: 'segment'; segment: Segment & { k: 'audio' } } };

export function isAudio(entry: LogEntry): entry is AudioEntry {
  return entry.content.k === 'segment' && entry.content.segment.k === 'audio';
}

export function ownerOfEntry({ content }: LogEntry): SpanOwner {
  return content.k === 'answer' ? answerOwner(content.id) : ownerOf(content.segment);
}

/** Ids of those that have rows, as a worker tells them. */
export function idsOf(entries: readonly LogEntry[]): string[] {
  return entries.filter(({ rows }) => rows > 0).map((entry) => ownerOfEntry(entry).id);
}
