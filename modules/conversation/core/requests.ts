import type { ErrorCode, Role, Segment } from '#modules/contracts';
import type { Answering } from './answering/answering.js';
import type { Camera } from './seeing/camera.js';
import type { ContextWriter } from './context/context-writer.js';
import type { Hearing } from './hearing/hearing.js';
import type { ClientIntent, NewContent } from './intents.js';
import type { Item, ItemContent } from './items/items.js';
import type { Session } from './session.js';

type IntentOf<K extends ClientIntent['k']> = Extract<ClientIntent, { k: K }>;

/** The user's content that becomes one segment. */
type Part = Exclude<NewContent, { type: 'output_text' }>;

/** Who does what clients ask for. */
export interface RequestParts {
  readonly writer: ContextWriter;
  readonly answering: Answering;
  readonly hearing: Hearing;
  readonly camera: Camera;
}

/** What clients ask for, and why they may not have it. */
export class Requests {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #hearing: Hearing;
  readonly #camera: Camera;

  constructor(session: Session, parts: RequestParts) {
    this.#session = session;
    this.#writer = parts.writer;
    this.#answering = parts.answering;
    this.#hearing = parts.hearing;
    this.#camera = parts.camera;
  }

  handle(intent: ClientIntent, atMs: number): void {
    switch (intent.k) {
      case 'session_update':
        return this.#updateSession(intent, atMs);
      case 'item_create':
        return this.#createItem(intent);
      case 'item_retrieve': {
        const item = this.#find(intent);
        if (item) this.#session.out.emit({ type: 'item_retrieved', item });
        return;
      }
      case 'item_delete':
        return this.#deleteItem(intent);
      case 'item_truncate':
        return this.#truncateItem(intent);
      case 'audio_commit': {
        const failure = this.#hearing.commit(atMs);
        if (failure) this.#refuse(intent, failure.code, failure.message);
        return;
      }
      case 'audio_clear':
        return this.#hearing.clear(atMs);
      case 'response_create':
        return this.#createResponse(intent);
      case 'reading_stopped':
        return this.#session.reading.stop();
      case 'response_cancel':
        this.#session.reading.stop();
        if (this.#answering.cancel('client_cancelled', atMs, intent.responseId)) return;
        return this.#refuse(intent, 'no_active_response', 'there is no such response to cancel');
    }
  }

  #updateSession({ config }: IntentOf<'session_update'>, atMs: number): void {
    const { config: before, caps } = this.#session;
    this.#session.config = config;
    if (caps.instructions && config.instructions !== before.instructions) {
      this.#writer.setInstructions(config.instructions);
    }
    this.#hearing.detectionSet(atMs);
    this.#camera.configured();
    this.#session.out.emit({ type: 'session_updated', config });
  }

  #createItem(intent: IntentOf<'item_create'>): void {
    const { items, ids, out } = this.#session;
    const { previousItemId: previous, role } = intent;
    if (previous !== undefined && previous !== 'root' && !items.get(previous)) {
      return this.#refuse(intent, 'item_not_found', `there is no item ${previous}`, 'previous_item_id');
    }
    const id = intent.itemId ?? ids.next('item');
    if (items.get(id)) return this.#refuse(intent, 'bad_request', `item ${id} exists`, 'item.id');
    const problem = contentProblem(intent);
    if (problem) return this.#refuse(intent, 'invalid_event', problem, 'item.content');
    const item: Item = { id, role, status: 'completed', content: intent.content.map(describe) };
    const previousItemId = items.add(item, previous);
    if (role === 'user') this.#writeQuestion(id, intent.content);
    else this.#writeMessage(id, role, intent.content);
    out.emit({ type: 'item_added', item, previousItemId });
    out.emit({ type: 'item_done', item, previousItemId });
  }

  #writeQuestion(itemId: string, content: readonly NewContent[]): void {
    for (const part of content) {
      if (part.type === 'output_text') continue;
      const segment = this.#segment(part);
      if (segment.k === 'frame') this.#writer.write({ k: 'frame', segment, itemId, requested: true });
      else this.#writer.write({ k: 'question', segment, itemId });
    }
  }

  /** A model without instructions knows no system turns: such a message is kept for the client's sake only. */
  #writeMessage(itemId: string, role: Role, content: readonly NewContent[]): void {
    if (role === 'system' && !this.#session.caps.instructions) return;
    this.#writer.write({ k: 'message', role, text: content.map(textOf).join('\n'), itemId });
  }

  #segment(part: Part): Extract<Segment, { k: 'frame' | 'text' | 'audio' }> {
    const ptsMs = this.#hearing.nowMs;
    switch (part.type) {
      case 'input_text':
        return { k: 'text', id: this.#session.ids.next('text'), text: part.text };
      case 'input_image':
        return { k: 'frame', id: this.#session.ids.next('frame'), ptsMs, image: part.image };
      case 'input_audio': {
        const id = this.#session.ids.next('audio');
        return { k: 'audio', id, ptsMs, pcm: part.pcm, final: true, utterance: id };
      }
    }
  }

  /** The context forgets it too. */
  #deleteItem(intent: IntentOf<'item_delete'>): void {
    const item = this.#find(intent);
    if (!item) return;
    this.#session.items.delete(item.id);
    this.#writer.forget(item.id);
    this.#session.out.emit({ type: 'item_deleted', itemId: item.id });
  }

  /** Answers are text, with no audio that could be cut: clients are told what they want to hear, and nothing changes. */
  #truncateItem(intent: IntentOf<'item_truncate'>): void {
    const item = this.#find(intent);
    if (!item) return;
    const { itemId, contentIndex, audioEndMs } = intent;
    if (item.role !== 'assistant') {
      return this.#refuse(intent, 'bad_request', 'only answers can be truncated', 'item_id');
    }
    this.#session.out.emit({ type: 'item_truncated', itemId, contentIndex, audioEndMs });
  }

  /** While the user speaks a response is put off until the end of speech. */
  #createResponse(intent: IntentOf<'response_create'>): void {
    if (this.#answering.activeId !== null || this.#answering.wanted) {
      return this.#refuse(intent, 'response_already_active', 'a response is active or about to begin');
    }
    const { maxOutputTokens, metadata, clientEventId } = intent;
    this.#answering.want({
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...(metadata !== undefined && { metadata }),
      ...(clientEventId !== undefined && { clientEventId }),
    });
  }

  #find(intent: IntentOf<'item_retrieve' | 'item_delete' | 'item_truncate'>): Item | undefined {
    const item = this.#session.items.get(intent.itemId);
    if (!item) this.#refuse(intent, 'item_not_found', `there is no item ${intent.itemId}`, 'item_id');
    return item;
  }

  #refuse(intent: ClientIntent, code: ErrorCode, message: string, param: string | null = null): void {
    this.#session.emitError({ code, message }, param, intent.clientEventId ?? null);
  }
}

function contentProblem({ role, content }: IntentOf<'item_create'>): string | null {
  if (content.length === 0) return 'a message needs content';
  const fits = (part: NewContent) =>
    role === 'user' ? part.type !== 'output_text' : part.type === 'input_text' || part.type === 'output_text';
  const misfit = content.find((part) => !fits(part));
  return misfit ? `a message of role ${role} cannot hold ${misfit.type}` : null;
}

function describe(part: NewContent): ItemContent {
  switch (part.type) {
    case 'input_text':
      return { type: 'input_text', text: part.text };
    case 'output_text':
      return { type: 'output_text', text: part.text };
    case 'input_audio':
      return { type: 'input_audio', transcript: null, span: null };
    case 'input_image':
      return { type: 'input_image', detail: part.detail };
  }
}

function textOf(part: NewContent): string {
  return 'text' in part ? part.text : '';
}
