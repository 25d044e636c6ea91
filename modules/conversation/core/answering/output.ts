import type { SessionEvent } from '../events.js';
import type { CallItem, Item, ItemStatus, MessageItem } from '../items/items.js';
import type { Session } from '../session.js';

interface Call {
  readonly item: CallItem;
  readonly outputIndex: number;
}

/** Whose output it is, and where it goes. */
export interface OutputOptions {
  readonly responseId: string;
  /** False: its items are the response's alone. */
  readonly joins: boolean;
}

/** What one response says, item by item as it is said: a message, and calls of tools. */
export class Output {
  readonly #session: Session;
  readonly #responseId: string;
  readonly #joins: boolean;
  readonly #messageId: string;
  /** Of the message; null: it has not begun. */
  #messageIndex: number | null = null;
  readonly #calls: Call[] = [];
  #text = '';
  readonly #tokenEnds: number[] = [];

  constructor(session: Session, { responseId, joins }: OutputOptions) {
    this.#session = session;
    this.#responseId = responseId;
    this.#joins = joins;
    this.#messageId = session.ids.next('item');
  }

  get text(): string {
    return this.#text;
  }

  /** Characters of the text up to the end of each of its tokens. */
  get tokenEnds(): readonly number[] {
    return this.#tokenEnds;
  }

  get messageId(): string {
    return this.#messageId;
  }

  get itemIds(): readonly string[] {
    return this.#inOrder().map(({ id }) => id);
  }

  /** A message begins, said or not. */
  open(): void {
    if (this.#messageIndex !== null) return;
    this.#messageIndex = this.#next;
    this.#begin(this.#message('in_progress'), this.#messageIndex);
    this.#emit({ type: 'content_part_added', ...this.#part() });
  }

  token(text: string, atMs: number): void {
    this.open();
    this.#text += text;
    this.#tokenEnds.push(this.#text.length);
    // A token may hold only part of a character: it counts, and the text comes with a later one.
    if (text !== '') this.#emit({ type: 'text_delta', ...this.#part(), delta: text, atMs });
  }

  /** A call begins. Calls are told in the order of their index. */
  call(callId: string, name: string): void {
    const id = this.#session.ids.next('item');
    const item: CallItem = { type: 'function_call', id, status: 'in_progress', callId, name, arguments: '' };
    const call = { item, outputIndex: this.#next };
    this.#calls.push(call);
    this.#begin(item, call.outputIndex);
  }

  arguments(index: number, delta: string): void {
    const call = this.#calls[index];
    if (!call) return;
    const item = { ...call.item, arguments: call.item.arguments + delta };
    this.#calls[index] = { ...call, item };
    if (delta !== '') this.#emit({ type: 'call_delta', ...this.#callAddress(call), delta });
  }

  /** @returns the items as they are in the end */
  end(status: ItemStatus): Item[] {
    const items = this.#inOrder().map((item) => ({ ...item, status }));
    items.forEach((item, outputIndex) => this.#endItem(item, outputIndex));
    return items;
  }

  get #next(): number {
    return this.#calls.length + (this.#messageIndex === null ? 0 : 1);
  }

  #inOrder(): (MessageItem | CallItem)[] {
    const items: (MessageItem | CallItem)[] = this.#calls.map(({ item }) => item);
    if (this.#messageIndex !== null) items.splice(this.#messageIndex, 0, this.#message('completed'));
    return items;
  }

  #begin(item: MessageItem | CallItem, outputIndex: number): void {
    const responseId = this.#responseId;
    const previousItemId = this.#joins ? this.#session.items.add(item) : null;
    this.#emit({ type: 'response_item_added', responseId, outputIndex, item });
    if (this.#joins) this.#emit({ type: 'item_added', item, previousItemId });
  }

  #endItem(item: MessageItem | CallItem, outputIndex: number): void {
    const responseId = this.#responseId;
    if (item.type === 'message') {
      this.#emit({ type: 'text_done', ...this.#part(), text: this.#text });
      this.#emit({ type: 'content_part_done', ...this.#part(), text: this.#text });
    } else if (item.status === 'completed') {
      const { name, callId, arguments: args } = item;
      this.#emit({
        type: 'call_done',
        responseId,
        itemId: item.id,
        outputIndex,
        callId,
        name,
        arguments: args,
      });
    }
    if (this.#joins) this.#session.endItem(item);
    this.#emit({ type: 'response_item_done', responseId, outputIndex, item });
  }

  #message(status: ItemStatus): MessageItem {
    const content = status === 'in_progress' ? [] : [{ type: 'output_text' as const, text: this.#text }];
    return { type: 'message', id: this.#messageId, role: 'assistant', status, content };
  }

  #part() {
    const outputIndex = this.#messageIndex ?? 0;
    return {
      responseId: this.#responseId,
      itemId: this.#messageId,
      outputIndex,
      contentIndex: 0,
    } as const;
  }

  #callAddress({ item, outputIndex }: Call) {
    return { responseId: this.#responseId, itemId: item.id, outputIndex, callId: item.callId };
  }

  #emit(event: SessionEvent): void {
    this.#session.out.emit(event);
  }
}
