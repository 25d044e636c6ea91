import type { PreviousItem } from '../intents.js';
import type { Item } from './items.js';

/** Messages that a conversation knows: it may last for hours. */
const MAX_ITEMS = 1000;

/** The conversation's messages in the order that clients see; the oldest are forgotten where there are too many. */
export class ItemList {
  #items: Item[] = [];

  get lastId(): string | null {
    return this.#items.at(-1)?.id ?? null;
  }

  get(id: string): Item | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /**
   * @param previous must be known already, where it is an id
   * @returns the id of the item before the new one; null: it is the first
   */
  add(item: Item, previous?: PreviousItem): string | null {
    const at = this.#positionAfter(previous);
    const before = this.#items[at - 1]?.id ?? null;
    this.#items.splice(at, 0, item);
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
    return before;
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

  #positionAfter(previous: PreviousItem): number {
    if (previous === undefined) return this.#items.length;
    if (previous === 'root') return 0;
    const at = this.#items.findIndex(({ id }) => id === previous);
    return at < 0 ? this.#items.length : at + 1;
  }
}
