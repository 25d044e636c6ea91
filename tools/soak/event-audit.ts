import { serverEventSchema } from '@vis-a-vis/protocol';

/**
 * Holds the events of one call against the protocol: each is whole, none is about another call's answer, item or session, and no number comes
 * twice.
 */
export class EventAudit {
  readonly #responses = new Set<string>();
  readonly #events = new Set<string>();
  #session: string | null = null;

  /** @returns what is wrong with the event; null: nothing */
  check(event: unknown): string | null {
    const parsed = serverEventSchema.safeParse(event);
    if (!parsed.success) return `malformed_event: ${parsed.error.issues[0]?.message ?? 'unknown'}`;
    const { data } = parsed;
    if (this.#events.has(data.event_id)) return `repeated_event: ${data.event_id}`;
    this.#events.add(data.event_id);
    switch (data.type) {
      case 'session.created':
      case 'session.updated':
        if (this.#session !== null && this.#session !== data.session.id) return `foreign_event: ${data.type}`;
        this.#session = data.session.id;
        return null;
      case 'response.created':
        if (this.#responses.has(data.response.id)) return `repeated_event: ${data.response.id}`;
        this.#responses.add(data.response.id);
        return null;
      case 'response.done':
        return this.#ours(data.response.id, data.type);
      default:
        return 'response_id' in data ? this.#ours(data.response_id, data.type) : null;
    }
  }

  #ours(responseId: string, type: string): string | null {
    return this.#responses.has(responseId) ? null : `foreign_event: ${type}`;
  }
}
