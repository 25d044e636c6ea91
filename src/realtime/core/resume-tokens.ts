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
 * The tokens by which clients come back to their calls. One a call, which is void once it has been used, or another was issued; but as long
 * as it is not known that the client has the next, it may try again by the one that it used. It is good for its own tenant alone.
 */
export class ResumeTokens {
  readonly #issued = new Map<string, Issued>();
  readonly #ofCall = new Map<string, { current: string | null; used: string | null }>();
  /** In the order of their ends. */
  readonly #expired = new Map<string, string | null>();

  /** @param token cannot be guessed */
  issue(token: string, call: Issued): void {
    const { current = null, used = null } = this.#ofCall.get(call.id) ?? {};
    this.#void(current);
    this.#issued.set(token, call);
    this.#ofCall.set(call.id, { current: token, used });
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

  /** Uses a token. @returns false: it is not good any more */
  spend(token: string): boolean {
    const call = this.#issued.get(token);
    if (!call) return false;
    this.forget(call.id);
    this.#issued.set(token, call);
    this.#ofCall.set(call.id, { current: null, used: token });
    return true;
  }

  /** The client has what followed the token that it used: that one is void. */
  confirm(id: string): void {
    const tokens = this.#ofCall.get(id);
    if (!tokens) return;
    this.#void(tokens.used);
    tokens.used = null;
  }

  /** The call is over, for its client has not come back. */
  expire(id: string): void {
    const { current = null, used = null } = this.#ofCall.get(id) ?? {};
    for (const token of [current, used]) {
      if (token !== null) this.#expired.set(token, this.#issued.get(token)?.tenant ?? null);
      const [oldest] = this.#expired.keys();
      if (this.#expired.size > MOST_EXPIRED && oldest !== undefined) this.#expired.delete(oldest);
    }
    this.forget(id);
  }

  /** The call is over. */
  forget(id: string): void {
    const { current = null, used = null } = this.#ofCall.get(id) ?? {};
    this.#void(current);
    this.#void(used);
    this.#ofCall.delete(id);
  }

  #void(token: string | null): void {
    if (token !== null) this.#issued.delete(token);
  }
}
