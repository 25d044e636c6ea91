import type { ToolUse } from '../commands.js';
import type { Session } from '../session.js';
import { toolUse, type ResponseRequest } from './answer.js';

/** Responses that may be asked for beside the conversation while something is going on. */
const MAX_ASKED = 16;

/** Responses that were asked for and have not begun: one that joins the conversation, and any that leave nothing in it. */
export class Wishes {
  readonly #session: Session;
  #wanted: ResponseRequest | null = null;
  #asked: ResponseRequest[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get wanted(): boolean {
    return this.#wanted !== null;
  }

  /** A response is wanted that leaves nothing behind. */
  get asked(): boolean {
    return this.#asked.length > 0;
  }

  /** The answer that is wanted is not what the conversation alone leads to. */
  get wantedOtherwise(): boolean {
    return this.#wanted?.instructions !== undefined;
  }

  /** What the answer that is wanted may call, or the next one. */
  get tools(): ToolUse {
    return toolUse(this.#session, this.#wanted ?? {});
  }

  /** Most tokens of the answer that is wanted, or will be. */
  get tokens(): number | 'inf' {
    return this.#wanted?.maxOutputTokens ?? this.#session.config.maxOutputTokens;
  }

  /** Asks for a response as soon as nobody speaks and none is active. The end of speech completes an earlier wish. */
  want(request: ResponseRequest): void {
    this.#wanted = { ...this.#wanted, ...request };
  }

  /** Asks for a response that reads the conversation and leaves nothing in it. @returns false: too many wait */
  ask(request: ResponseRequest): boolean {
    if (this.#asked.length >= MAX_ASKED) return false;
    this.#asked.push(request);
    return true;
  }

  /** It begins. @returns null: nobody wants it any more */
  take(which: 'wanted' | 'asked'): ResponseRequest | null {
    if (which === 'asked') return this.#asked.shift() ?? null;
    const request = this.#wanted;
    this.#wanted = null;
    return request;
  }

  /** Nobody wants what has not begun. @returns false: nobody wanted anything */
  drop(): boolean {
    const any = this.wanted || this.asked;
    this.#wanted = null;
    this.#asked = [];
    return any;
  }
}
