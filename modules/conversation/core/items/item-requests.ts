import type { ErrorCode, Role, Segment } from '#modules/contracts';
import { forgetItem } from '../answering/forget-item.js';
import { cutAnswer } from '../answering/heard.js';
import type { Answering } from '../answering/answering.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { OfItem, Write } from '../context/writes.js';
import type { Hearing } from '../hearing/hearing.js';
import type { ClientIntent, NewContent } from '../intents.js';
import type { Session } from '../session.js';
import { MAX_CHARACTERS } from './item-list.js';
import type { Item } from './items.js';
import { contentProblem, contentSegment, describe, textOf, type Part } from './new-content.js';

type IntentOf<K extends ClientIntent['k']> = Extract<ClientIntent, { k: K }>;
type CreateKind = 'item_create' | 'call_create' | 'result_create';

export interface ItemRequestParts {
  readonly writer: ContextWriter;
  readonly answering: Answering;
  readonly hearing: Hearing;
}

/** What clients ask for of items, and why they may not have it. */
export class ItemRequests {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #hearing: Hearing;

  constructor(session: Session, { writer, answering, hearing }: ItemRequestParts) {
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
    this.#hearing = hearing;
  }

  createMessage(intent: IntentOf<'item_create'>): void {
    const { role, content } = intent;
    const problem = contentProblem(intent);
    if (problem) return this.#refuse(intent, 'invalid_event', problem, 'item.content');
    const id = this.#newId(intent);
    if (id === null) return;
    const item: Item = { type: 'message', id, role, status: 'completed', content: content.map(describe) };
    const of = ofItem(id, intent);
    this.#add(intent, item, role === 'user' ? this.#question(of, content) : this.#message(of, role, content));
  }

  /** A model that calls no tools knows no calls: such items are kept for the client's sake only. */
  createCall(intent: IntentOf<'call_create'>): void {
    const { ids, caps } = this.#session;
    const id = this.#newId(intent);
    if (id === null) return;
    const { name, arguments: args, callId = ids.next('call') } = intent;
    const item: Item = { type: 'function_call', id, status: 'completed', callId, name, arguments: args };
    const segment = { k: 'call', id: ids.next('call'), callId, name, arguments: args } as const;
    this.#add(intent, item, caps.tools ? [{ k: 'tool', segment, ...ofItem(id, intent) }] : []);
  }

  createResult(intent: IntentOf<'result_create'>): void {
    const { ids, caps, items } = this.#session;
    const { callId, output } = intent;
    if (!items.hasCall(callId)) {
      const message = `there is no call ${callId} in the conversation`;
      return this.#refuse(intent, 'invalid_tool_call_id', message, 'item.call_id');
    }
    const id = this.#newId(intent);
    if (id === null) return;
    const item: Item = { type: 'function_call_output', id, status: 'completed', callId, output };
    const segment = { k: 'result', id: ids.next('result'), callId, output } as const;
    this.#add(intent, item, caps.tools ? [{ k: 'tool', segment, ...ofItem(id, intent) }] : []);
  }

  retrieve(intent: IntentOf<'item_retrieve'>): void {
    const item = this.#find(intent);
    if (item) this.#session.out.emit({ type: 'item_retrieved', item });
  }

  /** The context forgets it too. */
  delete(intent: IntentOf<'item_delete'>): void {
    const item = this.#find(intent);
    if (!item) return;
    const itemId = item.id;
    this.#session.items.delete(itemId);
    this.#session.out.emit({ type: 'item_deleted', itemId });
    forgetItem(this.#session, this.#writer, { itemId, isMessage: item.type === 'message' });
  }

  /** An answer ends where it was heard to end; one that is being made, first of all, ends. */
  truncate(intent: IntentOf<'item_truncate'>, atMs: number): void {
    const { turnTaking } = this.#session;
    const { itemId, audioEndMs, contentIndex } = intent;
    const found = this.#find(intent);
    if (!found) return;
    if (found.type !== 'message' || found.role !== 'assistant') {
      return this.#session.refuse(intent, 'bad_request', 'only answers can be truncated', 'item_id');
    }
    // One that is being made may have none yet; the first is where its text will be.
    if (contentIndex >= Math.max(found.content.length, 1)) {
      const message = `the item has no content ${contentIndex}`;
      return this.#session.refuse(intent, 'bad_request', message, 'content_index');
    }
    if (this.#writer.hasWritten(itemId)) {
      const message =
        'an answer that a client put in cannot be cut: delete it, and create it as it was heard';
      return this.#session.refuse(intent, 'truncation_unsupported', message, 'item_id');
    }
    const rate = turnTaking.readingCharsPerS;
    const characters = intent.characters ?? (rate === null ? null : Math.floor((audioEndMs * rate) / 1000));
    if (characters === null) {
      const message =
        'answers are text: say how many characters were read (visavis.characters), or at which rate (reading_chars_per_s)';
      return this.#session.refuse(intent, 'truncation_unsupported', message, 'audio_end_ms');
    }
    if (this.#answering.isSaying(itemId)) this.#answering.cancel('client_cancelled', atMs);
    const item = this.#session.items.get(itemId);
    if (item?.type !== 'message') return;
    this.#session.aloud.forget(itemId);
    this.#session.reading.stop();
    cutAnswer(this.#session, this.#writer, item, { characters, audioEndMs, contentIndex });
  }

  /**
   * Nothing is kept of what is refused.
   * @param writes what the context is to have of it
   */
  #add(intent: IntentOf<CreateKind>, item: Item, writes: readonly Write[]): void {
    const { items, out } = this.#session;
    if (!items.hasRoomFor(item)) {
      const message = `the conversation's items may hold ${MAX_CHARACTERS} characters together`;
      return this.#refuse(intent, 'conversation_full', message, 'item');
    }
    if (!this.#writer.mayFit(writes)) {
      const message = 'more is to be read than the context of the model can hold';
      return this.#refuse(intent, 'context_full', message, 'item');
    }
    const previousItemId = items.add(item, intent.previousItemId);
    for (const write of writes) this.#writer.write(write);
    out.emit({ type: 'item_added', item, previousItemId });
    out.emit({ type: 'item_done', item, previousItemId });
  }

  /** @returns null: it was refused */
  #newId(intent: IntentOf<CreateKind>): string | null {
    const { items, ids } = this.#session;
    const { previousItemId: previous } = intent;
    if (previous !== undefined && previous !== 'root' && !items.get(previous)) {
      this.#refuse(intent, 'item_not_found', `there is no item ${previous}`, 'previous_item_id');
      return null;
    }
    const id = intent.itemId ?? ids.next('item');
    if (!items.get(id)) return id;
    this.#refuse(intent, 'item_create_duplicate_item_id', `item ${id} exists`, 'item.id');
    return null;
  }

  /** Where it was to be answered, what asks for that answer is not to be answered from nothing. */
  #refuse(intent: IntentOf<CreateKind>, code: ErrorCode, message: string, param: string): void {
    if (asks(intent)) this.#writer.refusedQuestion();
    this.#session.refuse(intent, code, message, param);
  }

  #question(of: OfItem, content: readonly NewContent[]): Write[] {
    return content.flatMap((part): Write[] => {
      if (part.type === 'output_text') return [];
      const segment = this.#segment(part);
      if (segment.k === 'frame') return [{ k: 'frame', segment, itemId: of.itemId, requested: true }];
      return [{ k: 'question', segment, ...of }];
    });
  }

  /** A model without instructions knows no system turns: such a message is kept for the client's sake only. */
  #message(of: OfItem, role: Role, content: readonly NewContent[]): Write[] {
    if (role === 'system' && !this.#session.caps.instructions) return [];
    return [{ k: 'message', role, text: content.map(textOf).join('\n'), ...of }];
  }

  #segment(part: Part): Extract<Segment, { k: 'frame' | 'text' | 'audio' }> {
    return contentSegment(part, this.#session.ids, this.#hearing.nowMs);
  }

  #find(intent: IntentOf<'item_retrieve' | 'item_delete' | 'item_truncate'>): Item | undefined {
    const item = this.#session.items.get(intent.itemId);
    if (!item) {
      this.#session.refuse(intent, 'item_not_found', `there is no item ${intent.itemId}`, 'item_id');
    }
    return item;
  }
}

/** A question, or what an answer is to go on with. */
function asks(intent: IntentOf<CreateKind>): boolean {
  return intent.k === 'result_create' || (intent.k === 'item_create' && intent.role === 'user');
}

function ofItem(itemId: string, { clientEventId }: ClientIntent): OfItem {
  return { itemId, ...(clientEventId !== undefined && { clientEventId }) };
}
