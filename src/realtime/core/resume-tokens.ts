/** Tokens of calls that were not come back to in time, of which it is still known that they were good. */
const MOST_EXPIRED = 1000;

/** What a token leads to. */
export type Leads =
  { readonly k: 'call'; readonly id: string } | { readonly k: 'expired' } | { readonly k: 'nowhere' };

interface Issued {
  readonly id: string;
  readonly tenant: string | null;
}

/**
 * The tokens by which clients come back to their calls: one a call, which is void once it has been used, or another was issued. It is
 * good for its own tenant alone.
 */
export class ResumeTokens {
  readonly #issued = new Map<string, Issued>();
  readonly #ofCall = new Map<string, string>();
  /** In the order of their ends. */
  readonly #expired = new Map<string, string | null>();

  /** @param token cannot be guessed */
  issue(token: string, call: Issued): void {
    this.forget(call.id);
    this.#issued.set(token, call);
    this.#ofCall.set(call.id, token);
  }

  /** There is a way back to this call. */
  has(id: string): boolean {
    return this.#ofCall.has(id);
  }

  /** Of somebody else's token nothing is told. */
  look(token: string, tenant: string | null): Leads {
    const call = this.#issued.get(token);
    if (call?.tenant === tenant && call !== undefined) return { k: 'call', id: call.id };
    return this.#expired.get(token) === tenant ? { k: 'expired' } : { k: 'nowhere' };
  }

  /** Uses a token up. @returns false: it is not good any more; of two who come with it, one has it */
  spend(token: string): boolean {
    const call = this.#issued.get(token);
    if (!call) return false;
    this.forget(call.id);
    return true;
  }

  /** The call is over, for its client has not come back. */
  expire(id: string): void {
    const token = this.#ofCall.get(id);
    if (token === undefined) return;
    this.#expired.set(token, this.#issued.get(token)?.tenant ?? null);
    this.forget(id);
    const [oldest] = this.#expired.keys();
    if (this.#expired.size > MOST_EXPIRED && oldest !== undefined) this.#expired.delete(oldest);
  }

  /** The call is over. */
  forget(id: string): void {
    const token = this.#ofCall.get(id);
    if (token !== undefined) this.#issued.delete(token);
    this.#ofCall.delete(id);
  }
}
