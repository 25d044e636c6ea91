import type { SessionEvent } from '../core/events.js';

type Phase = 'item' | 'part' | 'text_done' | 'part_done' | 'call_done' | 'done';

interface OutputItem {
  phase: Phase;
  said: string;
}

interface OpenResponse {
  readonly joins: boolean;
  readonly items: Map<string, OutputItem>;
}

/** Follows a session's events and notes every breach of the order in PROTOCOL A6. */
export class EventRules {
  readonly breaches: string[] = [];
  speaking: string | null = null;
  /** In the conversation. */
  readonly #items = new Set<string>();
  readonly #openItems = new Set<string>();
  readonly #responses = new Map<string, OpenResponse>();
  readonly #done = new Set<string>();

  /** What has begun and not ended. */
  get open(): string[] {
    return [...this.#openItems, ...this.#responses.keys()];
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
        this.#checkPlace(event.previousItemId);
        this.#items.add(event.item.id);
        this.#openItems.add(event.item.id);
        return;
      case 'item_done':
        this.#check(this.#openItems.delete(event.item.id), 'an item ends that is not open');
        this.#check(event.item.status !== 'in_progress', 'an item ends in progress');
        return this.#checkPlace(event.previousItemId);
      case 'item_deleted':
        this.#check(this.#items.delete(event.itemId), 'an item is deleted that is not there');
        this.#openItems.delete(event.itemId);
        return;
      case 'item_truncated':
      case 'transcript_delta':
      case 'transcript_completed':
      case 'transcript_failed':
        return this.#check(this.#items.has(event.itemId), `${event.type} of an item that is not there`);
      case 'turn_timing':
        return this.#check(this.#done.has(event.responseId), 'a timing before its response is done');
      default:
        return this.#seeResponse(event);
    }
  }

  #seeResponse(event: SessionEvent): void {
    switch (event.type) {
      case 'response_created': {
        const { id, conversationId } = event.response;
        const joins = conversationId !== null;
        const others = [...this.#responses.values()].filter((other) => other.joins);
        this.#check(!joins || others.length === 0, 'two responses of the conversation at once');
        this.#check(!this.#done.has(id) && !this.#responses.has(id), 'a response begins again');
        this.#responses.set(id, { joins, items: new Map() });
        return;
      }
      case 'response_item_added': {
        const items = this.#responses.get(event.responseId)?.items;
        this.#check(items?.size === event.outputIndex, 'an output item has another index than its place');
        items?.set(event.item.id, { phase: 'item', said: '' });
        return;
      }
      case 'content_part_added':
        return this.#advance(event, ['item'], 'part');
      case 'text_delta':
        return this.#advance(event, ['part'], 'part');
      case 'text_done':
        this.#checkSaid(event, event.text);
        return this.#advance(event, ['part'], 'text_done');
      case 'content_part_done':
        return this.#advance(event, ['text_done'], 'part_done');
      case 'call_delta':
        return this.#advance(event, ['item'], 'item');
      case 'call_done':
        this.#checkSaid(event, event.arguments);
        return this.#advance(event, ['item'], 'call_done');
      case 'response_item_done': {
        const { responseId, item } = event;
        const whole = item.type === 'message' ? 'part_done' : 'call_done';
        const from: Phase[] = item.status === 'incomplete' ? [whole, 'item'] : [whole];
        return this.#advance({ responseId, itemId: item.id }, from, 'done');
      }
      case 'response_done':
        return this.#end(event.response.id);
      default:
        return;
    }
  }

  #advance(
    event: { responseId: string; itemId: string; delta?: string },
    from: readonly Phase[],
    to: Phase,
  ): void {
    const item = this.#responses.get(event.responseId)?.items.get(event.itemId);
    const fits = item !== undefined && from.includes(item.phase);
    this.#check(fits, `${to} of ${event.responseId} comes after ${item?.phase}`);
    if (!item) return;
    item.phase = to;
    item.said += event.delta ?? '';
  }

  #checkSaid({ responseId, itemId }: { responseId: string; itemId: string }, whole: string): void {
    const said = this.#responses.get(responseId)?.items.get(itemId)?.said;
    this.#check(said === whole, 'what was said is not the sum of its deltas');
  }

  #end(id: string): void {
    const response = this.#responses.get(id);
    this.#check(response !== undefined, 'a response is done that is not active');
    const undone = [...(response?.items.values() ?? [])].some(({ phase }) => phase !== 'done');
    this.#check(!undone, 'a response is done before its item');
    this.#done.add(id);
    this.#responses.delete(id);
  }

  #checkPlace(previousItemId: string | null): void {
    this.#check(previousItemId === null || this.#items.has(previousItemId), 'unknown previous item');
  }

  #check(holds: boolean, breach: string): void {
    if (!holds) this.breaches.push(breach);
  }
}
