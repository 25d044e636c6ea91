import type { Answering } from '../answering/answering.js';
import type { Boundary } from '../inputs.js';
import type { Session } from '../session.js';
import { isFar, isRaised, onSpeech, type OnSpeech } from '../turn-rules/barge-in.js';
import { isMeant } from '../turn-rules/evidence.js';
import type { TurnPolicy } from '../turn-rules/policy.js';
import type { Utterance } from './utterance.js';

/** While it is not clear whether speech is meant, it is asked again after this much more of it (ms). */
const ASK_AGAIN_MS = 250;

/** Speech during an answer, which is held back meanwhile: does it end the answer, or does that go on? */
export class Interruption {
  readonly #session: Session;
  readonly #answering: Answering;
  #established = false;
  /** Whoever speaks into the answer is too soft to be the caller. */
  #far = false;
  /** He speaks louder than before. */
  #raised = false;
  #askedAtMs = 0;

  constructor(session: Session, answering: Answering) {
    this.#session = session;
    this.#answering = answering;
  }

  /** What speech that begins now means for the answer there is. */
  effectOf(policy: TurnPolicy, atMs: number): OnSpeech {
    const { reading, turnTaking } = this.#session;
    return onSpeech(policy, {
      answering: this.#answering.activeId !== null,
      reading: atMs < reading.untilMs,
      deafWhileReading: turnTaking.readingCharsPerS !== null,
    });
  }

  begin(effect: OnSpeech, atMs: number): void {
    this.#established = false;
    this.#far = false;
    this.#raised = false;
    if (effect === 'interrupt') this.#answering.cancel('turn_detected', atMs);
    if (effect === 'hold') this.#answering.hold();
  }

  /** It has lasted for as long as the rule wants to look at it. */
  established(utterance: Utterance, { levelDb = null, callerDb = null }: Established, atMs: number): void {
    if (!this.#answering.held) return;
    const wished = this.#session.turnTaking.bargeInMs !== null;
    // A client that wishes a length has any caller's speech of it interrupt, but nobody's of whom it is known that he is none.
    this.#far = isFar({ levelDb, callerDb }) && !(wished && callerDb === null);
    if (this.#far) return this.#answering.release(atMs);
    if (wished) return void this.#answering.cancel('turn_detected', atMs);
    this.#established = true;
    this.#raised = isRaised({ levelDb, callerDb });
    if (this.#asks) this.ask(utterance);
    this.decide(utterance, atMs);
  }

  /** More sound has been heard. */
  heard(utterance: Utterance, nowMs: number, atMs: number): void {
    if (!this.#established || !this.#answering.held || utterance.pause) return;
    this.decide(utterance, atMs);
    if (this.#answering.held && this.#asks && nowMs - this.#askedAtMs >= ASK_AGAIN_MS) this.ask(utterance);
  }

  /** Has what was said so far judged. */
  ask(utterance: Utterance): void {
    const toMs = this.#session.heardToMs;
    const [ref, fromMs] = [utterance.judgementRef(), utterance.startMs];
    this.#askedAtMs = toMs;
    const ear = this.#answering.held && this.#session.caps.heads !== undefined;
    const turnEnd = this.#session.turnEndBy === 'judge' && this.#session.policy?.asksModel === true;
    this.#session.out.push({ c: 'judge', ref, fromMs, toMs, ear, turnEnd });
  }

  /** Ends the answer, if what is known says so. @returns the speech is meant, whether or not there is an answer to end */
  decide(utterance: Utterance, atMs: number): boolean {
    if (this.#far || !this.#answering.held) return !this.#far;
    const speechMs = utterance.speechMs(this.#session.heardToMs);
    const { evidence, heardOut } = utterance;
    const meant = isMeant(evidence, { speechMs, raised: this.#raised, heardOut });
    if (meant && this.#established) this.#answering.cancel('turn_detected', atMs);
    return !this.#answering.held;
  }

  /** Somebody can tell. */
  get #asks(): boolean {
    return this.#session.judge.speech || this.#session.earTells('interrupts');
  }
}

type Established = Boundary & { t: 'speech_established' };
