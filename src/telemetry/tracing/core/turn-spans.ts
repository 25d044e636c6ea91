import type { TurnTiming } from '#modules/conversation';

/** What a span says of itself: numbers in the unit that the name ends in. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A span that is over. Times are on the gateway's clock (ms). */
export interface SpanRecord {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly facts: SpanFacts;
  readonly moments: readonly { readonly name: string; readonly atMs: number }[];
  readonly children: readonly SpanRecord[];
  /** Why it failed; null: it did not. */
  readonly failed: string | null;
}

/** How the answer of a turn ended, and by which code where it failed. */
export interface TurnOutcome {
  readonly status: string;
  readonly code: string | null;
}

/**
 * The spans of one turn, of the same stamps as `visavis.turn.timing` is made of: a stage that did not happen, or of which an
 * end is not known, has none.
 *
 * - `turn.endpointing`: from the true end of speech until the detector said so.
 * - `turn.decision`: from there until the turn was committed.
 * - `turn.prefill`: from the commit until the question was attended.
 * - `turn.generation`: until the answer ended; it begins with the first token at the latest, which may be before the commit.
 * - `turn.held`, in it: from the first token until the first text left.
 *
 * @param firstSentAtMs gateway clock; null: no text has left
 */
export function turnSpans(
  timing: TurnTiming,
  firstSentAtMs: number | null,
  outcome: TurnOutcome,
): SpanRecord {
  const { commitAtMs, vadEndAtMs, prefillMs, firstTokenAtMs, doneAtMs, clockOffsetMs } = timing;
  const speechEndAtMs =
    timing.speechEndMs === null || clockOffsetMs === null ? null : timing.speechEndMs + clockOffsetMs;
  const attendedAtMs = prefillMs === null ? null : commitAtMs + prefillMs;
  const begunAtMs = least(attendedAtMs, firstTokenAtMs);
  const children = [
    stage('turn.endpointing', speechEndAtMs, vadEndAtMs),
    stage('turn.decision', vadEndAtMs, commitAtMs),
    stage('turn.prefill', commitAtMs, attendedAtMs),
    stage('turn.generation', begunAtMs, doneAtMs, {
      moments: firstTokenAtMs === null ? [] : [{ name: 'first_token', atMs: firstTokenAtMs }],
      children: [stage('turn.held', firstTokenAtMs, firstSentAtMs)].flat(),
    }),
  ].flat();
  const moments = [
    { name: 'commit', atMs: commitAtMs },
    ...(firstSentAtMs === null ? [] : [{ name: 'first_sent', atMs: firstSentAtMs }]),
  ];
  return {
    name: 'turn',
    startMs: Math.min(speechEndAtMs ?? Infinity, begunAtMs ?? Infinity, commitAtMs),
    endMs: Math.max(doneAtMs, firstSentAtMs ?? -Infinity),
    facts: factsOf(timing, outcome),
    moments,
    children,
    failed: outcome.status === 'failed' ? (outcome.code ?? 'failed') : null,
  };
}

function factsOf(timing: TurnTiming, { status }: TurnOutcome): SpanFacts {
  const { speculation } = timing;
  return {
    'visavis.response.id': timing.responseId,
    'visavis.response.status': status,
    ...(timing.itemId !== null && { 'visavis.item.id': timing.itemId }),
    'visavis.turn.frames_attended': timing.framesAttended,
    'gen_ai.usage.output_tokens': timing.outputTokens,
    ...(speculation && {
      'visavis.turn.speculation.used': speculation.used,
      'visavis.turn.speculation.tries': speculation.tries,
      'visavis.turn.speculation.wasted_tokens': speculation.wastedTokens,
      'visavis.turn.speculation.gain_ms': speculation.gainMs,
    }),
  };
}

/** Two clocks, or an answer begun ahead, may have a stage end before it began: then it took no time of this turn. */
function stage(
  name: string,
  startMs: number | null,
  endMs: number | null,
  inside: Partial<Pick<SpanRecord, 'moments' | 'children'>> = {},
): SpanRecord[] {
  if (startMs === null || endMs === null || endMs < startMs) return [];
  return [{ name, startMs, endMs, facts: {}, moments: [], children: [], failed: null, ...inside }];
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
