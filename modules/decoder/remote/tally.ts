import type { Usage } from './http/shapes.js';

/** What servers are asked for: see docs/engines.md. */
export const REQUEST_KINDS = ['warm', 'answer', 'speculation', 'aside', 'transcription'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** Since the start. */
export interface KindCounts {
  /** That have ended, in whatever way; tried again counts once. */
  readonly requests: number;
  readonly aborted: number;
  readonly failed: number;
  /** Tokens, as far as the server told. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

type Mutable = { -readonly [K in keyof KindCounts]: number };

/** Counts what servers were asked for, by kind. */
export class RequestTally {
  private readonly counts = Object.fromEntries(
    REQUEST_KINDS.map((kind) => [
      kind,
      { requests: 0, aborted: 0, failed: 0, promptTokens: 0, cachedTokens: 0 },
    ]),
  ) as Record<RequestKind, Mutable>;

  get byKind(): Readonly<Record<RequestKind, KindCounts>> {
    return this.counts;
  }

  /** @param usage null: the server did not tell */
  ended(kind: RequestKind, how: 'done' | 'aborted' | 'failed', usage: Usage | null): void {
    const counts = this.counts[kind];
    counts.requests += 1;
    if (how !== 'done') counts[how] += 1;
    counts.promptTokens += usage?.prompt ?? 0;
    counts.cachedTokens += usage?.cached ?? 0;
  }

  sum(...kinds: readonly RequestKind[]): KindCounts {
    const sum: Mutable = { requests: 0, aborted: 0, failed: 0, promptTokens: 0, cachedTokens: 0 };
    for (const kind of kinds)
      for (const key of Object.keys(sum) as (keyof KindCounts)[]) sum[key] += this.counts[kind][key];
    return sum;
  }
}
