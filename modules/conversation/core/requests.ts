import type { Answering } from './answering/answering.js';
import { ResponseRequests } from './answering/response-requests.js';
import type { SideAnswers } from './answering/beside/side-answers.js';
import { toolProblem } from './answering/tool-choice.js';
import type { Camera } from './seeing/camera.js';
import type { ContextWriter } from './context/context-writer.js';
import type { Hearing } from './hearing/hearing.js';
import type { ClientIntent } from './intents.js';
import { ItemRequests } from './items/item-requests.js';
import type { Session } from './session.js';

type IntentOf<K extends ClientIntent['k']> = Extract<ClientIntent, { k: K }>;

/** Who does what clients ask for. */
export interface RequestParts {
  readonly writer: ContextWriter;
  readonly answering: Answering;
  readonly sides: SideAnswers;
  readonly hearing: Hearing;
  readonly camera: Camera;
}

/** What clients ask for, and why they may not have it. */
export class Requests {
  readonly #session: Session;
  readonly #parts: RequestParts;
  readonly #items: ItemRequests;
  readonly #responses: ResponseRequests;

  constructor(session: Session, parts: RequestParts) {
    this.#session = session;
    this.#parts = parts;
    this.#items = new ItemRequests(session, parts);
    this.#responses = new ResponseRequests(session, parts);
  }

  handle(intent: ClientIntent, atMs: number): void {
    switch (intent.k) {
      case 'session_update':
        return this.#updateSession(intent, atMs);
      case 'item_create':
        return this.#items.createMessage(intent);
      case 'call_create':
        return this.#items.createCall(intent);
      case 'result_create':
        return this.#items.createResult(intent);
      case 'item_refused':
        return this.#parts.writer.refusedQuestion();
      case 'item_retrieve':
        return this.#items.retrieve(intent);
      case 'item_delete':
        return this.#items.delete(intent);
      case 'item_truncate':
        return this.#items.truncate(intent, atMs);
      case 'audio_commit': {
        const failure = this.#parts.hearing.commit(atMs);
        if (failure) this.#session.refuse(intent, failure.code, failure.message);
        return;
      }
      case 'audio_clear':
        return this.#parts.hearing.clear(atMs);
      case 'response_create':
        return this.#responses.create(intent, atMs);
      case 'reading_stopped':
        return this.#parts.answering.stopReading(atMs);
      case 'response_cancel':
        return this.#responses.cancel(intent, atMs);
    }
  }

  #updateSession(intent: IntentOf<'session_update'>, atMs: number): void {
    const { config } = intent;
    const { config: before, caps } = this.#session;
    const problem = toolProblem(caps, config.tools ?? [], config.toolChoice ?? 'auto');
    if (problem) return this.#session.refuse(intent, problem.code, problem.message, 'session.tool_choice');
    this.#session.config = config;
    if (caps.instructions && config.instructions !== before.instructions) {
      this.#parts.writer.turns.setInstructions(config.instructions);
    }
    this.#parts.hearing.detectionSet(atMs);
    this.#parts.camera.configured();
    this.#session.out.emit({ type: 'session_updated', config });
  }
}
