import type { ContextLedger } from './context-ledger.js';
import { audioTokens } from './estimates.js';
import type { Session } from '../session.js';
import type { Turns } from './turns.js';
import type { EndedUtterance } from './writes.js';

/** A run of an utterance that has not ended. Times are ms on the media clock. */
export interface SoundBlock {
  readonly audioId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The model is to say whether the turn is over at its end; it may then be empty. */
  readonly predict: boolean;
}

/** Sends what the microphone heard to the engine: as it is said, and as a part of the user's turn. */
export class SoundWriter {
  readonly #session: Session;
  readonly #ledger: ContextLedger;
  readonly #turns: Turns;

  constructor(session: Session, ledger: ContextLedger, turns: Turns) {
    this.#session = session;
    this.#ledger = ledger;
    this.#turns = turns;
  }

  /** The engine encodes it, nothing is attended yet. @returns the append's `ref` */
  block({ audioId, fromMs, toMs, predict }: SoundBlock): string {
    this.#turns.open();
    const ref = `${audioId}@${Math.round(fromMs)}${predict ? '?' : ''}`;
    this.#ledger.expect(ref, { kind: 'block', tokens: 0, ptsMs: fromMs });
    // Not 'background': a frame may be shed, sound may not.
    const how = { utterance: audioId, final: false, predict, priority: 'commit' } as const;
    this.#session.out.push({ c: 'append_audio', ref, fromMs, toMs, ...how });
    return ref;
  }

  /** Whether an utterance leaves room for an answer, as things are. */
  fits(utterance: EndedUtterance): boolean {
    return this.#ledger.fitsQuestion(this.#tokens(utterance));
  }

  /** @returns false: there is none, whatever goes */
  makeRoomFor(utterance: EndedUtterance): boolean {
    const { isOpen, newTokens } = this.#turns;
    return this.#ledger.makeRoomFor(this.#tokens(utterance) + newTokens, !isOpen);
  }

  /** Attends an utterance in the turn that is open, as `ref`. */
  attend(utterance: EndedUtterance, ref: string): void {
    const { itemId, audioId, startMs, endMs, fromMs } = utterance;
    this.#session.log.add({ k: 'audio', id: ref, itemId, span: { startMs, endMs } });
    this.#ledger.expect(ref, { kind: 'question', tokens: this.#tokens(utterance), ptsMs: startMs });
    const how = { utterance: audioId, final: true, priority: 'commit' } as const;
    this.#session.out.push({ c: 'append_audio', ref, fromMs, toMs: endMs, ...how });
  }

  #tokens({ startMs, endMs }: EndedUtterance): number {
    return audioTokens(endMs - startMs, this.#session.caps);
  }
}
