import type { ContextWriter } from '../context/context-writer.js';
import type { Boundary } from '../inputs.js';
import type { Session } from '../session.js';
import type { EndedUtterance } from '../context/writes.js';

/** A pause in which the utterance may have ended; ms on the media clock. */
export interface Pause {
  readonly speechEndMs: number;
  /** What would be the utterance's end, with its tail: nothing beyond is sent, nor will be if it ends here. */
  readonly endMs: number;
}

/** Speech under way, and what of its sound has gone to the engine. Times are ms on the media clock. */
export class Utterance {
  readonly itemId: string;
  /** With prefix padding. */
  readonly startMs: number;
  readonly #session: Session;
  #audioId: string;
  #sentToMs: number;
  /** False once the engine lost a block: then everything goes again at the end. */
  #streaming: boolean;
  #pause: Pause | null = null;
  #lastBlock: { ref: string; toMs: number } | null = null;
  /** What the model thought of the newest sound. */
  #turnEnd: { p: number; toMs: number } | null = null;
  /** The model was asked of this pause, other than by attending it. */
  #asked = false;

  constructor(session: Session, startMs: number, itemId: string) {
    this.#session = session;
    this.startMs = startMs;
    this.itemId = itemId;
    this.#audioId = session.ids.next('audio');
    this.#sentToMs = startMs;
    this.#streaming = session.caps.incrementalAudio;
  }

  get sentToMs(): number {
    return this.#sentToMs;
  }

  get pause(): Pause | null {
    return this.#pause;
  }

  /** The model's probability that the turn is over in this pause; null: it has not said. */
  get turnEnd(): number | null {
    const told = this.#turnEnd;
    return told && this.#pause && told.toMs >= this.#pause.endMs ? told.p : null;
  }

  /** Sends what is there in whole blocks, so that little is left to encode at the end. */
  stream(writer: ContextWriter, heardToMs: number): void {
    if (!this.#streaming) return;
    const { audioBlockMs } = this.#session.settings;
    const endMs = Math.min(heardToMs, this.#pause?.endMs ?? Infinity);
    while (endMs - this.#sentToMs >= audioBlockMs) this.#send(writer, this.#sentToMs + audioBlockMs);
  }

  /** Sends what is left of the sound up to the pause, and has the model say whether the turn is over there; once a pause. */
  ask(writer: ContextWriter): void {
    if (!this.#streaming || !this.#pause || this.#asked || this.turnEnd !== null) return;
    this.#asked = true;
    this.#send(writer, this.#pause.endMs, 'predict');
  }

  /**
   * A block was lost: the utterance goes as a whole, under another id, at its end.
   * @returns false: the append was no block of this utterance
   */
  resends(ref: string): boolean {
    if (!ref.startsWith(`${this.#audioId}@`)) return false;
    this.sendAgain();
    this.#streaming = false;
    return true;
  }

  /** What has been sent counts for nothing: it goes again, under another id. */
  sendAgain(): void {
    this.#audioId = this.#session.ids.next('audio');
    this.#sentToMs = this.startMs;
    this.#lastBlock = null;
    this.#asked = false;
  }

  /** @returns false: the append was not this utterance's newest sound */
  predicted(ref: string, p: number): boolean {
    const { endMs: endedMs } = this.#pause ?? { endMs: null };
    // Attended ahead: that is the whole utterance.
    const ahead = endedMs !== null && ref.startsWith(`${this.#audioId}~`);
    if (!ahead && this.#lastBlock?.ref !== ref) return false;
    this.#turnEnd = { p, toMs: ahead ? endedMs : (this.#lastBlock?.toMs ?? 0) };
    return true;
  }

  /** Fixes where the utterance ends, should it end here: the same whether it is attended now or later. */
  pausedAt({ atMs, speechEndMs }: Boundary & { t: 'tentative_pause' }, heardToMs: number): void {
    this.#pause = { speechEndMs, endMs: this.endFor(speechEndMs, Math.min(atMs, heardToMs)) };
  }

  resumed(): void {
    this.#pause = null;
    this.#turnEnd = null;
    this.#asked = false;
  }

  /** Where it ends when speech ended at `speechEndMs` and sound up to `heardToMs` is known; what was sent stays sent. */
  endFor(speechEndMs: number, heardToMs: number): number {
    return Math.max(this.#sentToMs, Math.min(heardToMs, speechEndMs + this.#session.settings.tailMs));
  }

  #send(writer: ContextWriter, toMs: number, why: 'stream' | 'predict' = 'stream'): void {
    const fromMs = this.#sentToMs;
    this.#sentToMs = toMs;
    const block = { audioId: this.#audioId, fromMs, toMs, predict: why === 'predict' };
    this.#lastBlock = { ref: writer.writeAudioBlock(block), toMs };
  }

  /** All of it up to `endMs`. */
  endedAt(endMs: number): EndedUtterance {
    const { itemId, startMs } = this;
    return { itemId, audioId: this.#audioId, startMs, endMs, fromMs: this.#sentToMs };
  }
}
