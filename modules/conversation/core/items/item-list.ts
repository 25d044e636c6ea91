import type { PreviousItem } from '../intents.js';
import { charactersOf, type Item } from './items.js';

/** Items that a conversation knows: it may last for hours. */
const MAX_ITEMS = 1000;

/**
 * Characters that items may hold together where a client adds one: far more than is said in hours. What the model says is
 * not refused; it is as short as the model's context.
 */
export const MAX_CHARACTERS = 4 * 1024 * 1024;

/** The conversation's items in the order that clients see; the oldest are forgotten where there are too many. */
export class ItemList {
  #items: Item[] = [];

  get lastId(): string | null {
    return this.#items.at(-1)?.id ?? null;
  }

  get(id: string): Item | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /** The id of the item that stands before this one now; null: it is the first, or is not here. */
  before(id: string): string | null {
    return this.#items[this.#items.findIndex((item) => item.id === id) - 1]?.id ?? null;
  }

  /** Whether a tool was called by this name. */
  hasCall(callId: string): boolean {
    return this.#items.some((item) => item.type === 'function_call' && item.callId === callId);
  }

  /** Whether a client may add it. */
  hasRoomFor(item: Item): boolean {
    return this.#items.reduce((sum, one) => sum + charactersOf(one), charactersOf(item)) <= MAX_CHARACTERS;
  }

  /**
   * @param previous must be known already, where it is an id
   * @returns the id of the item before the new one; null: it is the first
   */
  add(item: Item, previous?: PreviousItem): string | null {
    if (this.#items.length >= MAX_ITEMS) this.#forgetOldest(previous);
    this.#items.splice(this.#positionAfter(previous), 0, item);
    return this.before(item.id);
  }

  /** Puts a newer state of an item in its place; an item that was deleted stays deleted. */
  update(item: Item): void {
    const at = this.#items.findIndex(({ id }) => id === item.id);
    if (at >= 0) this.#items[at] = item;
  }

  delete(id: string): boolean {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => item.id !== id);
    return this.#items.length < before;
  }

  toArray(): readonly Item[] {
    return [...this.#items];
  }

  /** Not the one that the new one is to stand behind. */
  #forgetOldest(previous: PreviousItem): void {
    this.#items.splice(this.#items[0]?.id === previous ? 1 : 0, 1);
  }

  #positionAfter(previous: PreviousItem): number {
    if (previous === undefined) return this.#items.length;
    if (previous === 'root') return 0;
    const at = this.#items.findIndex(({ id }) => id === previous);
    return at < 0 ? this.#items.length : at + 1;
  }
}
