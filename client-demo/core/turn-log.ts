import type { ContextEvent, TurnTimingEvent } from '@vis-a-vis/protocol';
import type { Frame, Reference } from './film.js';
import { timelineOf, type Timeline } from './timeline.js';

const KEPT = 100;

/** What is known of one answer. */
class Answered {
  /** What was said, where it was. */
  itemId: string | null = null;
  context: ContextEvent | null = null;
  timing: TurnTimingEvent | null = null;
  /** When its first words came (the page's clock, ms). */
  firstAtMs: number | null = null;
  reading: { fromMs: number; toMs: number | null } | null = null;
}

/** Keeps what the gateway and the SDK tell of each answer, and puts it together. Times of the page are arguments (ms). */
export class TurnLog {
  readonly #answers = new Map<string, Answered>();
  #newest: string | null = null;
  #speechFromMs: number | null = null;
  /** What has been said, and is not answered yet. */
  #committed: string | null = null;

  /** The answer that was told of last. */
  get newest(): string | null {
    return this.#newest;
  }

  clear(): void {
    this.#answers.clear();
    this.#newest = this.#speechFromMs = this.#committed = null;
  }

  handleSpeech(state: 'started' | 'stopped', atMs: number): void {
    if (state === 'started') this.#speechFromMs = atMs;
  }

  handleCommitted(itemId: string): void {
    this.#committed = itemId;
  }

  handleCreated(responseId: string): void {
    this.#of(responseId).itemId = this.#committed;
    this.#committed = null;
  }

  handleContext(context: ContextEvent): void {
    this.#of(context.response_id).context = context;
    this.#newest = context.response_id;
  }

  handleDelta(responseId: string, nowMs: number): void {
    this.#of(responseId).firstAtMs ??= nowMs;
    this.#newest = responseId;
  }

  handleTiming(timing: TurnTimingEvent): void {
    this.#of(timing.response_id).timing = timing;
  }

  /** A voice begins to read the newest answer, or pauses, or ends. @returns the answer that is being read */
  handleReading(reading: boolean, nowMs: number): string | null {
    const id = this.#newest;
    if (id === null) return null;
    const answered = this.#of(id);
    if (reading) answered.reading = { fromMs: answered.reading?.fromMs ?? nowMs, toMs: null };
    else if (answered.reading) answered.reading.toMs = nowMs;
    return id;
  }

  /** Pictures that the answer had before it; null: the gateway did not say. */
  frames(responseId: string): readonly Frame[] | null {
    const { context = null } = this.#answers.get(responseId) ?? {};
    return context && context.frames.map(({ item_id, rtp_ms }) => ({ itemId: item_id, rtpMs: rtp_ms }));
  }

  /** What times of its pictures are told by. */
  reference(responseId: string): Reference {
    const answered = this.#answers.get(responseId);
    if (!answered?.timing) return null;
    const speech = this.#speechOf(answered);
    return speech
      ? { kind: 'stopped', atMs: speech.toMs }
      : { kind: 'asked', atMs: answered.timing.commit_ms };
  }

  /** The answer's turn to scale; null: its timing has not come yet. */
  timeline(responseId: string): Timeline | null {
    const answered = this.#answers.get(responseId);
    if (!answered?.timing) return null;
    const { timing } = answered;
    return timelineOf({ timing, speech: this.#speechOf(answered), reading: readingOf(answered) });
  }

  /** The receipt knows when it was, and the timing when its last word ended; who held a button has the receipt alone. */
  #speechOf({ context, timing, itemId }: Answered): { fromMs: number; toMs: number } | null {
    const id = timing?.item_id ?? itemId;
    if (id === null) return null;
    const utterance = context?.audio.find(({ item_id }) => item_id === id);
    const fromMs = utterance?.start_ms ?? this.#speechFromMs;
    const toMs = timing?.speech_end_ms ?? utterance?.end_ms ?? null;
    return fromMs === null || toMs === null ? null : { fromMs, toMs };
  }

  #of(responseId: string): Answered {
    const known = this.#answers.get(responseId);
    if (known) return known;
    const made = new Answered();
    this.#answers.set(responseId, made);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > KEPT && oldest !== undefined) this.#answers.delete(oldest);
    return made;
  }
}

/** The page's clock is tied to the call's by the answer's first words: they came right after they were sent. */
function readingOf({ reading, timing, firstAtMs }: Answered): { fromMs: number; toMs: number } | null {
  const sentMs = timing?.first_sent_ms ?? null;
  if (!reading || reading.toMs === null || sentMs === null || firstAtMs === null) return null;
  const offsetMs = sentMs - firstAtMs;
  return { fromMs: reading.fromMs + offsetMs, toMs: reading.toMs + offsetMs };
}
