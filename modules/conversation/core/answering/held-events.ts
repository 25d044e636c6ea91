import type { GenEvent } from '#modules/contracts';

export interface HeldEvent {
  readonly event: GenEvent;
  /** When the engine told it, on the gateway's clock. */
  readonly atMs: number;
}

/** What an engine generates while nobody is to hear it yet. */
export class HeldEvents {
  #events: HeldEvent[] = [];
  #tokens = 0;
  #firstTokenAtMs: number | null = null;
  #text = '';
  #sureness: number | null = null;

  get tokens(): number {
    return this.#tokens;
  }

  get text(): string {
    return this.#text;
  }

  get firstTokenAtMs(): number | null {
    return this.#firstTokenAtMs;
  }

  /** How sure the model is of what it says: probability of the first token. Null: nobody has told. */
  get sureness(): number | null {
    return this.#sureness;
  }

  push(event: GenEvent, atMs: number): void {
    this.#events.push({ event, atMs });
    if (event.t !== 'token') return;
    this.#tokens += 1;
    this.#text += event.text;
    this.#sureness ??= event.probability ?? null;
    this.#firstTokenAtMs ??= atMs;
  }

  take(): HeldEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
