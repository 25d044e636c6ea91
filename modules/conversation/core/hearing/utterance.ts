import { NO_EVIDENCE, NOT_FOR_ME, type Evidence } from '../turn-rules/evidence.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { Boundary, Told } from '../inputs.js';
import type { Session } from '../session.js';
import { SpeechClock } from './speech-clock.js';
import type { EndedUtterance } from '../context/writes.js';

/** A pause in which the utterance may have ended; ms on the media clock. */
export interface Pause {
  readonly speechEndMs: number;
  /** What would be the utterance's end, with its tail: nothing beyond is sent, nor will be if it ends here. */
  readonly endMs: number;
}

/** A sound this short (ms) is no word that takes back what was said before. */
const HARDLY_A_WORD_MS = 400;

/** Speech under way, and what of its sound has gone to the engine. Times are ms on the media clock. */
export class Utterance {
  readonly itemId: string;
  /** With prefix padding. */
  readonly startMs: number;
  readonly #session: Session;
  #audioId: string;
  /** Of its sound, however often that is sent. */
  readonly #soundId: string;
  #sentToMs: number;
  /** False once the engine lost a block: then everything goes again at the end. */
  #streaming: boolean;
  #pause: Pause | null = null;
  #lastBlock: { ref: string; toMs: number } | null = null;
  /** What the model thought of the newest sound. */
  #turnEnd: { p: number; toMs: number } | null = null;
  /** What else is known of the newest sound, and of this pause. */
  #told: Evidence = NO_EVIDENCE;
  /** What was told of `interrupts` before that, of less of this stretch of speech; null: nothing. */
  #interruptsBefore: number | null = null;
  /** `interrupts` was told of the sound up to this pause, not of less. */
  #interruptsOfAll = false;
  #over = false;
  /** The model was asked of this pause, other than by attending it. */
  #asked = false;
  /** Judgements that are under way, or came. */
  #judgements = 0;
  readonly #speech: SpeechClock;
  /** What was thought of the pause before this one. */
  #turnEndBefore: number | null = null;

  constructor(session: Session, startMs: number, itemId: string, speechFromMs = startMs) {
    this.#session = session;
    this.startMs = startMs;
    this.itemId = itemId;
    this.#audioId = session.ids.next('audio');
    this.#soundId = this.#audioId;
    this.#sentToMs = startMs;
    this.#streaming = session.caps.incrementalAudio;
    this.#speech = new SpeechClock(speechFromMs);
  }

  get sentToMs(): number {
    return this.#sentToMs;
  }

  get pause(): Pause | null {
    return this.#pause;
  }

  /** Speech in it (ms) up to a pause, or to the present. */
  speechMs(nowMs: number): number {
    return this.#speech.until(this.#pause?.speechEndMs ?? nowMs);
  }

  /** When the speech began, without padding. */
  get speechFromMs(): number {
    return this.#speech.fromMs;
  }

  /**
   * The probability that the turn is over in this pause; null: nobody has said. A sound that is hardly a word, behind what
   * was finished, makes it no less so.
   */
  get turnEnd(): number | null {
    const told = this.#toldTurnEnd;
    const before = this.#turnEndBefore;
    if (
      before === null ||
      !this.#pause ||
      this.#speech.sinceResume(this.#pause.speechEndMs) >= HARDLY_A_WORD_MS
    )
      return told;
    return Math.max(before, told ?? before);
  }

  get evidence(): Evidence {
    return { ...this.#told, turnEnd: this.turnEnd, interrupts: this.#interrupts };
  }

  /** What was told of `interrupts` is of all that was said up to this pause, or nothing more will be told. */
  get heardOut(): boolean {
    return this.#interruptsOfAll || this.#over;
  }

  /** Its silence is over. */
  end(): void {
    this.#over = true;
  }

  /** Of a beginning the ear knows little ("o" may be "okay" or "over there"): the least of the last two times, 0 where it was told once. */
  get #interrupts(): number | null {
    const { interrupts } = this.#told;
    if (interrupts === null || this.heardOut) return interrupts;
    return Math.min(interrupts, this.#interruptsBefore ?? 0);
  }

  get #toldTurnEnd(): number | null {
    if (this.#session.turnEndBy === 'judge') return this.#told.turnEnd;
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

  /** What the model's ear tells with an append. @returns false: that was not this utterance's newest sound */
  heardBy(ref: string, { turnEnd, notForMe, interrupts }: Told): boolean {
    const { endMs: endedMs } = this.#pause ?? { endMs: null };
    // Attended ahead: that is the whole utterance.
    const ahead = endedMs !== null && ref.startsWith(`${this.#audioId}~`);
    if (!ahead && this.#lastBlock?.ref !== ref) return false;
    if (turnEnd !== undefined)
      this.#turnEnd = { p: turnEnd, toMs: ahead ? endedMs : (this.#lastBlock?.toMs ?? 0) };
    this.#learn({
      ...(notForMe !== undefined && { notForMe }),
      ...(interrupts !== undefined && { interrupts }),
    });
    return true;
  }

  /** A judgement of what was said so far is wanted. @returns its `ref` */
  judgementRef(): string {
    return `${this.#soundId}!${++this.#judgements}`;
  }

  /** @returns false: it is about an utterance before, or about less than was said by now */
  judged(ref: string, told: Told): boolean {
    if (ref !== `${this.#soundId}!${this.#judgements}`) return false;
    this.#learn(told);
    return true;
  }

  #learn(told: Told): void {
    if (told.interrupts !== undefined) {
      this.#interruptsBefore = this.#told.interrupts;
      this.#interruptsOfAll = this.#pause !== null;
    }
    this.#told = { ...this.#told, ...told };
  }

  /** Fixes where the utterance ends, should it end here: the same whether it is attended now or later. */
  pausedAt({ atMs, speechEndMs }: Boundary & { t: 'tentative_pause' }, heardToMs: number): void {
    this.#speech.pause(speechEndMs);
    this.#pause = { speechEndMs, endMs: this.endFor(speechEndMs, Math.min(atMs, heardToMs)) };
  }

  resumed(atMs: number): void {
    // An "umm" is over as well, but the turn has not begun.
    this.#turnEndBefore = (this.#told.notForMe ?? 0) < NOT_FOR_ME ? this.turnEnd : null;
    this.#speech.resume(atMs);
    this.#pause = null;
    this.#turnEnd = null;
    // Until more is told, it does not begin to interrupt by going on.
    this.#told = { ...NO_EVIDENCE, interrupts: this.#told.interrupts };
    this.#interruptsBefore = null;
    this.#interruptsOfAll = false;
    this.#judgements += 1;
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
    this.#lastBlock = { ref: writer.sound.block(block), toMs };
  }

  /** All of it up to `endMs`. */
  endedAt(endMs: number): EndedUtterance {
    const { itemId, startMs } = this;
    return { itemId, audioId: this.#audioId, startMs, endMs, fromMs: this.#sentToMs };
  }
}
