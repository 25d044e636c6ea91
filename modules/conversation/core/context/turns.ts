import type { Role, Segment } from '#modules/contracts';
import type { ContextLedger } from './context-ledger.js';
import { estimate } from './estimates.js';
import type { Session } from '../session.js';

type TurnText = Pick<Extract<Segment, { k: 'text' }>, 'text'> & {
  /** Null: no item's, such as instructions. */
  readonly itemId: string | null;
};

/** The turns of the context, in the grammar that the model knows: who speaks, from where to where. */
export class Turns {
  readonly #session: Session;
  readonly #ledger: ContextLedger;
  #open = false;
  /** The next turn of the user begins behind these. */
  #instructions: string | null = null;

  constructor(session: Session, ledger: ContextLedger) {
    this.#session = session;
    this.#ledger = ledger;
  }

  /** The user's turn is open. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Tokens, by an estimate, of what is put in front of the user's turn when it is opened. */
  get newTokens(): number {
    if (this.#open || this.#instructions === null) return 0;
    return estimate({ k: 'text', id: '', text: this.#instructions }, this.#session.caps).tokens;
  }

  /** The engine went to where the user's turn was open, or was not. */
  wentTo(open: boolean): void {
    this.#open = open;
  }

  /** An edge was refused, and is not in the log any more: the user's turn is as the others leave it. */
  edgeRefused(): void {
    this.#open = this.#session.log.userTurnIsOpen;
  }

  setInstructions(text: string): void {
    this.#instructions = text;
  }

  /** Opens the user's turn, unless it is open. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    if (this.#instructions !== null) {
      const instructions = this.#instructions;
      this.#instructions = null;
      this.whole('system', { text: instructions, itemId: null });
    }
    this.#edge('user', 'open');
  }

  /** Closes the user's turn, if it is open. */
  close(): void {
    if (!this.#open) return;
    this.#edge('user', 'close');
    this.#open = false;
  }

  /** A whole turn. @returns the id of its text */
  whole(role: Role, { text, itemId }: TurnText): string {
    this.#edge(role, 'open');
    const id = this.#session.ids.next('text');
    this.#session.log.add({ k: 'text', id, itemId, text });
    this.send({ k: 'text', id, text }, 'commit');
    this.#edge(role, 'close');
    return id;
  }

  send(segment: Segment, priority: 'commit' | 'background'): void {
    this.#ledger.expect(segment.id, estimate(segment, this.#session.caps));
    this.#session.out.push({ c: 'append', ref: segment.id, segment, priority });
  }

  #edge(role: Role, edge: 'open' | 'close'): void {
    const id = this.#session.ids.next('turn');
    this.#session.log.add({ k: 'turn', id, role, edge });
    this.send({ k: 'turn', id, role, edge }, 'commit');
  }
}
