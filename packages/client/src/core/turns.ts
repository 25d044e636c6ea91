import type { Response, ServerEvent, TurnTimingEvent } from '@vis-a-vis/protocol';
import { CallError } from '../errors.js';
import { Feed } from './feed.js';

/** A whole answer, or what there was of it when it ended. */
export interface Answer {
  readonly responseId: string;
  readonly text: string;
  /** `cancelled`: interrupted, by speech or by `interrupt()`; `incomplete`: it grew too long. */
  readonly status: Response['status'];
  readonly usage: Response['usage'];
}

/** How a turn began: somebody spoke, wrote, or nobody did and the model began by itself. */
export type TurnKind = 'spoken' | 'typed' | 'model';

/** A question and its answer, with all that tools had to do for it. */
export interface Turn {
  /** The SDK's own: `turn-1`, and so on. */
  readonly id: string;
  readonly kind: TurnKind;
  /** What was asked: as it was typed, or written down (`session.audio.input.transcription`), which comes behind the answer; else null. */
  readonly question: string | null;
  /** The item of the question in the conversation; null: none is known. */
  readonly questionItemId: string | null;
  /** The answer so far. */
  readonly answerSoFar: string;
  /**
   * The answer in pieces, as it is generated; read late, from its beginning.
   * @throws CallError where the answer fails; the signal's reason
   */
  text(options?: { readonly signal?: AbortSignal }): AsyncGenerator<string, void, void>;
  /** The whole answer. Rejects with a CallError where it fails, or is refused. */
  readonly done: Promise<Answer>;
  /** Where its time went; null: the gateway did not say. */
  readonly timing: Promise<TurnTimingEvent | null>;
}

/** What is told of turns. */
export interface TurnListener {
  /** An answer has begun. */
  began(turn: Turn): void;
  delta(
    turn: Turn,
    delta: { readonly responseId: string; readonly itemId: string; readonly text: string },
  ): void;
  /** A response is whole; `done`: the turn is, too. */
  answered(turn: Turn, answer: Answer): void;
  /** @returns true: the calls are being done, and the turn goes on with what they give */
  called(turn: Turn, calls: readonly FunctionCall[]): boolean;
  transcript(itemId: string, text: string, turn: Turn | null): void;
}

/** A tool that an answer asks for; `args` is JSON, as the model wrote it. */
export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  readonly args: string;
}

/** The field of a response's metadata that says which turn it belongs to. */
export const TURN_KEY = 'visavis_turn';
/** Turns that are kept to be found by what is told of them later. */
const KEPT = 100;

class LiveTurn implements Turn {
  question: string | null;
  questionItemId: string | null = null;
  begun = false;
  over = false;
  answerSoFar = '';
  /** Of which `timing` is to be told. */
  responseId: string | null = null;
  readonly done: Promise<Answer>;
  readonly timing: Promise<TurnTimingEvent | null>;
  readonly #pieces = new Feed<string>();
  #resolve!: (answer: Answer) => void;
  #reject!: (error: CallError) => void;
  #timed!: (timing: TurnTimingEvent | null) => void;

  constructor(
    readonly id: string,
    readonly kind: TurnKind,
    question: string | null,
  ) {
    this.question = question;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.timing = new Promise((resolve) => (this.#timed = resolve));
    // Whoever reads the text alone has been told by it.
    this.done.catch(() => undefined);
  }

  text(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<string, void, void> {
    return this.#pieces.read(options.signal);
  }

  push(piece: string): void {
    this.answerSoFar += piece;
    this.#pieces.push(piece);
  }

  finish(answer: Answer): void {
    this.over = true;
    this.#pieces.end();
    this.#resolve(answer);
  }

  fail(error: CallError): void {
    this.over = true;
    this.#pieces.end(error);
    this.#reject(error);
    this.timed(null);
  }

  timed(timing: TurnTimingEvent | null): void {
    this.#timed(timing);
  }
}

/** Puts turns together from the events of a call. Pure: everything comes in by its methods, and goes out by the listener. */
export class TurnBook {
  readonly #told: TurnListener;
  readonly #turns = new Map<string, LiveTurn>();
  readonly #byResponse = new Map<string, LiveTurn>();
  readonly #byQuestion = new Map<string, LiveTurn>();
  #count = 0;
  /** What was heard and is not answered yet. */
  #heard: string | null = null;

  constructor(told: TurnListener) {
    this.#told = told;
  }

  /** Something was asked in writing: its answer belongs to this turn. */
  ask(question: string | null): Turn {
    return this.#open(question === null ? 'model' : 'typed', question);
  }

  /** What was asked is refused, or cannot be asked any more. */
  fail(turnId: string, error: CallError): void {
    const turn = this.#turns.get(turnId);
    if (turn && !turn.over) turn.fail(error);
  }

  /** Nothing that is open will be answered any more. */
  failAll(error: CallError): void {
    this.#heard = null;
    for (const turn of this.#turns.values()) {
      if (turn.over) turn.timed(null);
      else turn.fail(error);
    }
  }

  /** What has not begun to be answered will not be: the gateway says nothing of what is withdrawn before. */
  withdraw(): void {
    for (const turn of this.#turns.values()) {
      if (!turn.begun && !turn.over)
        turn.fail(new CallError('aborted', 'Interrupted before it was answered.'));
    }
  }

  /** @returns turns whose answers are not whole */
  get open(): readonly Turn[] {
    return [...this.#turns.values()].filter(({ over }) => !over);
  }

  handle(event: ServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.committed':
        this.#heard = event.item_id;
        return;
      case 'response.created':
        return this.#created(event.response);
      case 'response.output_text.delta': {
        const turn = this.#byResponse.get(event.response_id);
        if (!turn || turn.over) return;
        turn.push(event.delta);
        const { response_id: responseId, item_id: itemId, delta: text } = event;
        return this.#told.delta(turn, { responseId, itemId, text });
      }
      case 'response.done':
        return this.#done(event.response);
      case 'visavis.turn.timing':
        return this.#byResponse.get(event.response_id)?.timed(event);
      case 'conversation.item.input_audio_transcription.completed':
        return this.#transcribed(event.item_id, event.transcript);
      default:
        return;
    }
  }

  #open(kind: TurnKind, question: string | null): LiveTurn {
    const turn = new LiveTurn(`turn-${++this.#count}`, kind, question);
    this.#turns.set(turn.id, turn);
    const [oldest] = this.#turns;
    if (this.#turns.size > KEPT && oldest?.[1].over) this.#forget(oldest[1]);
    return turn;
  }

  #forget(turn: LiveTurn): void {
    turn.timed(null);
    this.#turns.delete(turn.id);
    for (const index of [this.#byResponse, this.#byQuestion]) {
      for (const [key, value] of index) if (value === turn) index.delete(key);
    }
  }

  #created(response: Response): void {
    const known = this.#turns.get(response.metadata?.[TURN_KEY] ?? '');
    // What is made beside the conversation is nobody's turn.
    if (!known && response.conversation_id === null) return;
    const turn = known ?? this.#begin(response);
    this.#byResponse.set(response.id, turn);
    turn.responseId = response.id;
    if (turn.begun || turn.over) return;
    turn.begun = true;
    this.#told.began(turn);
  }

  #begin(response: Response): LiveTurn {
    const heard = response.metadata?.['trigger'] === undefined ? this.#heard : null;
    this.#heard = null;
    const turn = this.#open(heard === null ? 'model' : 'spoken', null);
    turn.questionItemId = heard;
    if (heard !== null) this.#byQuestion.set(heard, turn);
    return turn;
  }

  #done(response: Response): void {
    const turn = this.#byResponse.get(response.id);
    if (!turn || turn.over) return;
    const answer: Answer = {
      responseId: response.id,
      text: turn.answerSoFar,
      status: response.status,
      usage: response.usage,
    };
    const calls = response.status === 'completed' ? callsIn(response) : [];
    if (calls.length > 0 && this.#told.called(turn, calls)) return;
    if (response.status === 'failed') {
      const code = response.status_details?.error?.code ?? 'internal_error';
      turn.fail(new CallError(code, `The answer failed: ${code}.`));
    } else turn.finish(answer);
    this.#told.answered(turn, answer);
  }

  #transcribed(itemId: string, text: string): void {
    const turn = this.#byQuestion.get(itemId) ?? null;
    if (turn) turn.question = text;
    this.#told.transcript(itemId, text, turn);
  }
}

function callsIn(response: Response): FunctionCall[] {
  return response.output.flatMap((item) =>
    item.type === 'function_call' ? [{ callId: item.call_id, name: item.name, args: item.arguments }] : [],
  );
}
