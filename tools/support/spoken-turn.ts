import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent, ServerEventOf } from '@vis-a-vis/protocol';
import type { AudioClip, Session, Spoken } from '@vis-a-vis/client/node';
import { ToolError } from './cli.js';

/** A call that can be spoken into, whatever carries it. */
export interface SpokenCall extends Pick<Session, 'on' | 'send'> {
  speak(clip: AudioClip): Promise<Spoken>;
}

/** With the vendor events that a turn is put together from. A model that has lost its way is cut off. */
export const WATCHED_SESSION = {
  max_output_tokens: 128,
  visavis: { events: ['turn.timing' as const, 'frame.attended' as const, 'context' as const] },
};

/** What was said was heard, and taken for nobody's: the ear erred, and the call is well. */
export class Dismissed extends ToolError {}

/** A question that was said, and its answer. */
export interface SpokenTurn {
  readonly answer: string;
  /** Frames in the context when the answer began. */
  readonly framesAttended: number;
  /** As the gateway saw it. */
  readonly timing: ServerEventOf<'visavis.turn.timing'>;
  /** From when the last packet of the question was due to the first text, as seen here (ms); null where there was no text. */
  readonly lastPacketToFirstTextMs: number | null;
}

interface HeardAnswer {
  readonly text: string;
  readonly firstTextAtMs: number | null;
  readonly frames: number;
  readonly timing: ServerEventOf<'visavis.turn.timing'>;
}

/** The button is let go of only when the last packets have arrived (ms). */
const BUTTON_MS = 200;

/**
 * Says something and listens until it is answered.
 * @throws ToolError where no answer comes in time; the call's own errors
 */
export function askAloud(call: SpokenCall, clip: AudioClip, timeoutMs: number): Promise<SpokenTurn> {
  return listen(call, clip.durationMs + timeoutMs, () => call.speak(clip));
}

/**
 * The same by push-to-talk, in a session without turn detection: all of the clip is the turn, whether it is speech or not.
 * @throws ToolError where no answer comes in time; the call's own errors
 */
export function askByButton(call: SpokenCall, clip: AudioClip, timeoutMs: number): Promise<SpokenTurn> {
  return listen(call, clip.durationMs + timeoutMs, async () => {
    call.send({ type: 'input_audio_buffer.clear' });
    const spoken = await call.speak(clip);
    await sleep(BUTTON_MS);
    call.send({ type: 'input_audio_buffer.commit' });
    call.send({ type: 'response.create' });
    return spoken;
  });
}

async function listen(call: SpokenCall, timeoutMs: number, say: () => Promise<Spoken>): Promise<SpokenTurn> {
  const watch = new TurnWatch();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const why = `no answer within ${(timeoutMs / 1000).toFixed(0)} s (${watch.state})`;
    reject(watch.dismissed ? new Dismissed(why) : new ToolError(why));
  }, timeoutMs);
  const off = [
    call.on('event', (event) => watch.handle(event, performance.now())),
    call.on('error', reject),
    call.on('closed', ({ reason }) => reject(new ToolError(`the call ended: ${reason}`))),
  ];
  try {
    const spoken = await Promise.race([say(), failed]);
    watch.finishedSpeaking();
    const { text, firstTextAtMs, frames, timing } = await Promise.race([watch.answer, failed]);
    const lastPacketToFirstTextMs = firstTextAtMs === null ? null : firstTextAtMs - spoken.lastPacketAtMs;
    return { answer: text, framesAttended: frames, timing, lastPacketToFirstTextMs };
  } finally {
    clearTimeout(timer);
    for (const unsubscribe of off) unsubscribe();
  }
}

/**
 * Puts a turn together from a call's events. A pause inside the question may make the gateway answer its first half: the
 * turn is over when everything has been said, nothing is being heard any more, and the last answer is whole.
 */
export class TurnWatch {
  readonly #answer = Promise.withResolvers<HeardAnswer>();
  readonly #firstText = new Map<string, number>();
  readonly #frames = new Map<string, number>();
  readonly #texts = new Map<string, string>();
  #said = false;
  #open = false;
  #cleared = false;
  #last: HeardAnswer | null = null;

  /** Resolves when the turn is over. */
  get answer(): Promise<HeardAnswer> {
    return this.#answer.promise;
  }

  /** How far the turn has come, in a few words. */
  get state(): string {
    if (!this.#said) return 'the question is still being said';
    if (this.#open) return 'speech was heard and is not answered';
    if (this.#last) return 'answered';
    return this.dismissed ? 'what was heard was taken for nobody’s' : 'no speech was heard';
  }

  /** All that was heard was taken for nobody's. */
  get dismissed(): boolean {
    return this.#cleared && !this.#open && this.#last === null;
  }

  finishedSpeaking(): void {
    this.#said = true;
    this.#settle();
  }

  handle(event: ServerEvent, atMs: number): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#open = true;
        return;
      case 'input_audio_buffer.cleared':
        this.#cleared = true;
        this.#open = false;
        return this.#settle();
      case 'visavis.context':
        return void this.#frames.set(event.response_id, event.frames.length);
      case 'response.output_text.delta':
        if (!this.#firstText.has(event.response_id)) this.#firstText.set(event.response_id, atMs);
        return;
      case 'response.output_text.done':
        return void this.#texts.set(event.response_id, event.text);
      case 'response.done':
        // One that the user's going on has cut off is followed by another.
        if (event.response.status !== 'cancelled') this.#open = false;
        return;
      case 'visavis.turn.timing':
        return this.#timed(event);
      default:
        return;
    }
  }

  #timed(timing: ServerEventOf<'visavis.turn.timing'>): void {
    const { response_id: id } = timing;
    this.#last = {
      text: this.#texts.get(id) ?? '',
      firstTextAtMs: this.#firstText.get(id) ?? null,
      frames: this.#frames.get(id) ?? 0,
      timing,
    };
    this.#settle();
  }

  #settle(): void {
    if (this.#said && !this.#open && this.#last) this.#answer.resolve(this.#last);
  }
}
