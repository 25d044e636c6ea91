import type { SessionEvent } from '../core/events.js';

type Phase = 'created' | 'item' | 'part' | 'text_done' | 'part_done' | 'item_done';

/** Follows a session's events and notes every breach of the order in PROTOCOL A6. */
export class EventRules {
  readonly breaches: string[] = [];
  speaking: string | null = null;
  readonly #items = new Set<string>();
  readonly #openItems = new Set<string>();
  #response: { id: string; phase: Phase } | null = null;
  readonly #done = new Set<string>();
  #text = '';

  /** What has begun and not ended. */
  get open(): string[] {
    return [...this.#openItems, ...(this.#response ? [this.#response.id] : [])];
  }

  see(event: SessionEvent): void {
    switch (event.type) {
      case 'speech_started':
        this.#check(this.speaking === null, 'speech starts twice');
        this.speaking = event.itemId;
        return;
      case 'speech_stopped':
      case 'speech_misfired':
        this.#check(this.speaking === event.itemId, 'speech that did not start ends');
        this.speaking = null;
        return;
      case 'item_added':
        this.#check(!this.#items.has(event.item.id), 'an item is added twice');
        this.#check(
          event.previousItemId === null || this.#items.has(event.previousItemId),
          'unknown previous item',
        );
        this.#items.add(event.item.id);
        this.#openItems.add(event.item.id);
        return;
      case 'item_done':
        this.#check(this.#openItems.delete(event.item.id), 'an item ends that is not open');
        this.#check(event.item.status !== 'in_progress', 'an item ends in progress');
        return;
      case 'response_created':
        this.#check(this.#response === null, 'two responses at once');
        this.#check(!this.#done.has(event.response.id), 'a response begins again');
        this.#response = { id: event.response.id, phase: 'created' };
        this.#text = '';
        return;
      case 'response_item_added':
        return this.#advance(event.responseId, 'created', 'item');
      case 'content_part_added':
        return this.#advance(event.responseId, 'item', 'part');
      case 'text_delta':
        this.#text += event.delta;
        return this.#advance(event.responseId, 'part', 'part');
      case 'text_done':
        this.#check(event.text === this.#text, 'the text is not the sum of its deltas');
        return this.#advance(event.responseId, 'part', 'text_done');
      case 'content_part_done':
        return this.#advance(event.responseId, 'text_done', 'part_done');
      case 'response_item_done':
        return this.#advance(event.responseId, 'part_done', 'item_done');
      case 'response_done':
        return this.#end(event.response.id);
      case 'turn_timing':
        return this.#check(this.#done.has(event.responseId), 'a timing before its response is done');
      default:
        return;
    }
  }

  #advance(responseId: string, from: Phase, to: Phase): void {
    const fits = this.#response?.id === responseId && this.#response.phase === from;
    this.#check(fits, `${to} of ${responseId} comes after ${this.#response?.phase}`);
    if (this.#response) this.#response = { ...this.#response, phase: to };
  }

  #end(responseId: string): void {
    this.#check(this.#response?.id === responseId, 'a response is done that is not active');
    this.#check(
      this.#response?.phase === 'created' || this.#response?.phase === 'item_done',
      'a response is done before its item',
    );
    this.#done.add(responseId);
    this.#response = null;
  }

  #check(holds: boolean, breach: string): void {
    if (!holds) this.breaches.push(breach);
  }
}
