import type { Outcome } from './records.js';

/** What is read of an event, whichever server's it is. */
export interface WatchedEvent {
  readonly type: string;
  readonly response_id?: string;
  readonly delta?: unknown;
  readonly response?: { readonly id: string; readonly status?: string };
  readonly commit_to_first_token_ms?: number | null;
}

/** When a question was said. */
export interface Said {
  readonly firstPacketAtMs: number;
  readonly trueEndAtMs: number;
}

/** What came of a question. Durations (ms) from its true end. */
export interface Heard {
  readonly outcome: Exclude<Outcome, 'interrupted' | 'call_ended'>;
  readonly text: string;
  readonly cutOff: boolean;
  readonly stoppedMs: number | null;
  readonly committedMs: number | null;
  readonly firstTextMs: number | null;
  readonly doneMs: number | null;
  readonly serverCommitToFirstMs: number | null;
}

interface Answer {
  readonly id: string;
  text: string;
  firstAtMs: number | null;
  doneAtMs: number | null;
  cancelled: boolean;
  serverCommitToFirstMs: number | null;
}

/** Answers in writing, or what is said in spoken ones; the names of before GA too. */
const TEXT = new Set([
  'response.output_text.delta',
  'response.output_audio_transcript.delta',
  'response.text.delta',
  'response.audio_transcript.delta',
]);

/**
 * Puts a question and its answer together from a call's events. A pause may make the server answer the first half: the turn is over when all
 * has been said, nothing is being heard any more, and what was committed after the true end is answered.
 */
export class TurnWatch {
  readonly #others: ReadonlySet<string>;
  readonly #answers = new Map<string, Answer>();
  readonly #committedAtMs: number[] = [];
  #said: Said | null = null;
  #heard = false;
  #open = false;
  #stoppedAtMs: number | null = null;
  #clearedAtMs: number | null = null;

  /** @param others answers to earlier questions, which may still be going on */
  constructor(others: ReadonlySet<string> = new Set()) {
    this.#others = others;
  }

  /** Answers that it has seen, and those before. */
  get known(): ReadonlySet<string> {
    return new Set([...this.#others, ...this.#answers.keys()]);
  }

  handle(event: WatchedEvent, atMs: number): void {
    const { type } = event;
    if (type === 'input_audio_buffer.speech_started') {
      this.#heard = true;
      this.#open = true;
    } else if (type === 'input_audio_buffer.speech_stopped') {
      this.#stoppedAtMs = atMs;
    } else if (type === 'input_audio_buffer.committed') {
      this.#committedAtMs.push(atMs);
    } else if (type === 'input_audio_buffer.cleared') {
      this.#clearedAtMs = atMs;
      this.#open = false;
    } else if (TEXT.has(type)) {
      const answer = this.#answer(event.response_id);
      if (!answer) return;
      answer.firstAtMs ??= atMs;
      if (typeof event.delta === 'string') answer.text += event.delta;
    } else if (type === 'response.done') {
      this.#done(event, atMs);
    } else if (type === 'visavis.turn.timing') {
      const answer = this.#answer(event.response_id);
      if (answer) answer.serverCommitToFirstMs = event.commit_to_first_token_ms ?? null;
    }
  }

  finishedSpeaking(said: Said): void {
    this.#said = said;
  }

  /** The answer's first text is there, and the answer still goes on; null: not so. */
  get goingOn(): { readonly id: string; readonly firstAtMs: number } | null {
    if (!this.#said || !this.#committedWhole()) return null;
    const answer = [...this.#answers.values()].at(-1);
    if (answer?.firstAtMs == null || answer.doneAtMs !== null) return null;
    return { id: answer.id, firstAtMs: answer.firstAtMs };
  }

  get over(): boolean {
    if (!this.#said || this.#open || !this.#committedWhole()) return this.#dismissed();
    return this.#last()?.doneAtMs != null || this.#dismissed();
  }

  /** @throws Error before all has been said */
  get result(): Heard {
    const said = this.#said;
    if (!said) throw new Error('the question is still being said');
    const since = (atMs: number | null | undefined) => (atMs == null ? null : atMs - said.trueEndAtMs);
    const answer = this.#last();
    return {
      outcome: this.#outcome(answer),
      text: answer?.text ?? '',
      cutOff: this.#committedAtMs.some((atMs) => atMs > said.firstPacketAtMs && atMs < said.trueEndAtMs),
      stoppedMs: since(this.#stoppedAtMs),
      committedMs: since(this.#committedAtMs.at(-1)),
      firstTextMs: since(answer?.firstAtMs),
      doneMs: since(answer?.doneAtMs),
      serverCommitToFirstMs: answer?.serverCommitToFirstMs ?? null,
    };
  }

  #outcome(answer: Answer | undefined): Heard['outcome'] {
    if (answer?.firstAtMs != null) return 'answered';
    if (this.#dismissed()) return 'dismissed';
    return this.#heard || this.#committedAtMs.length > 0 ? 'no_answer' : 'unheard';
  }

  /** The latest answer that was not cut off. */
  #last(): Answer | undefined {
    return [...this.#answers.values()].findLast(({ cancelled }) => !cancelled);
  }

  #committedWhole(): boolean {
    const last = this.#committedAtMs.at(-1);
    return this.#said !== null && last !== undefined && last >= this.#said.trueEndAtMs;
  }

  #dismissed(): boolean {
    if (!this.#said || this.#open || this.#clearedAtMs === null) return false;
    return this.#clearedAtMs >= this.#said.trueEndAtMs && this.#last() === undefined;
  }

  #done({ response }: WatchedEvent, atMs: number): void {
    const answer = this.#answer(response?.id);
    if (!answer) return;
    answer.doneAtMs = atMs;
    answer.cancelled = response?.status === 'cancelled';
    // One that the caller's going on has cut off is followed by another.
    if (!answer.cancelled) this.#open = false;
  }

  #answer(id: string | undefined): Answer | null {
    if (id === undefined || this.#others.has(id)) return null;
    const known = this.#answers.get(id);
    if (known) return known;
    const answer: Answer = {
      id,
      text: '',
      firstAtMs: null,
      doneAtMs: null,
      cancelled: false,
      serverCommitToFirstMs: null,
    };
    this.#answers.set(id, answer);
    return answer;
  }
}
