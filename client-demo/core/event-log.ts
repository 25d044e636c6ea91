import type { ServerEvent } from '@vis-a-vis/protocol';

export const MAX_EVENTS = 500;
/** Fields that open something: what is copied may be put into a report. */
const SECRETS: ReadonlySet<string> = new Set(['token', 'credential', 'value', 'api_key']);
const HIDDEN = '(hidden)';

export interface LoggedEvent {
  /** Counts all events of the page, from 1. */
  readonly number: number;
  /** Since the page was opened (ms). */
  readonly atMs: number;
  readonly event: ServerEvent;
}

/** The newest events of the gateway, without what is secret in them. */
export class EventLog {
  #events: LoggedEvent[] = [];
  #count = 0;

  get size(): number {
    return this.#events.length;
  }

  push(event: ServerEvent, atMs: number): void {
    this.#count += 1;
    this.#events.push({
      number: this.#count,
      atMs: Math.round(atMs),
      event: withoutSecrets(event) as ServerEvent,
    });
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  clear(): void {
    this.#events = [];
  }

  /** Those that have the text in their type or anywhere else, oldest first; an empty one: all. */
  matching(text: string): readonly LoggedEvent[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return this.#events;
    return this.#events.filter(({ event }) => JSON.stringify(event).toLowerCase().includes(wanted));
  }

  toJson(text: string): string {
    return JSON.stringify(this.matching(text), null, 2);
  }
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      SECRETS.has(name) && typeof field === 'string' ? HIDDEN : withoutSecrets(field),
    ]),
  );
}
