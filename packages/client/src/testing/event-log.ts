import type { ResumeTicket, ServerEvent } from '@vis-a-vis/protocol';

/** What a gateway keeps of a call, and gives to a client that comes back to it. */
export class EventLog {
  /** In the order in which they were sent; null: a greeting, which is made anew. */
  readonly #events: { readonly id: string; readonly event: ServerEvent | null }[] = [];
  #tokens: string[] = [];
  #issued = 0;

  add(event: ServerEvent, isGreeting: boolean): void {
    this.#events.push({ id: event.event_id, event: isGreeting ? null : event });
  }

  /** Those that followed one of them. @param lastEventId null: there was none */
  behind(lastEventId: string | null): ServerEvent[] {
    const at = this.#events.findIndex(({ id }) => id === lastEventId);
    return this.#events.slice(at + 1).flatMap(({ event }) => event ?? []);
  }

  /** The token before it stays good until it is known that the client has this one. */
  issue(): ResumeTicket {
    const token = `token_${++this.#issued}`;
    this.#tokens = [...this.#tokens.slice(-1), token];
    return { token, window_ms: 60_000 };
  }

  /** The client has what it was told. */
  confirm(): void {
    this.#tokens = this.#tokens.slice(-1);
  }

  leadsHere(token: string): boolean {
    return this.#tokens.includes(token);
  }
}
