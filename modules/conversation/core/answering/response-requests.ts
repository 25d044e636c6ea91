import type { Hearing } from '../hearing/hearing.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { ClientIntent } from '../intents.js';
import type { Session } from '../session.js';
import type { ResponseRequest } from './answer.js';
import type { Answering } from './answering.js';
import type { SideAnswers } from './beside/side-answers.js';
import { SideInputBuilder } from './beside/side-input.js';
import { toolProblem } from './tool-choice.js';

type IntentOf<K extends ClientIntent['k']> = Extract<ClientIntent, { k: K }>;

export interface ResponseRequestParts {
  readonly writer: ContextWriter;
  readonly answering: Answering;
  readonly sides: SideAnswers;
  readonly hearing: Hearing;
}

/** What clients ask for of responses, and why they may not have it. */
export class ResponseRequests {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #sides: SideAnswers;
  readonly #hearing: Hearing;

  constructor(session: Session, { writer, answering, sides, hearing }: ResponseRequestParts) {
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
    this.#sides = sides;
    this.#hearing = hearing;
  }

  /** While the user speaks a response of the conversation is put off until the end of speech. */
  create(intent: IntentOf<'response_create'>, atMs: number): void {
    const { config, caps } = this.#session;
    const { k: _, ...request } = intent;
    const choice = request.toolChoice ?? config.toolChoice ?? 'auto';
    const problem = toolProblem(caps, request.tools ?? config.tools ?? [], choice);
    if (problem) return this.#session.refuse(intent, problem.code, problem.message, 'response.tool_choice');
    const joins = request.conversation !== 'none';
    if (
      joins &&
      (this.#answering.joining || this.#answering.wishes.wanted || this.#sides.joiningId !== null)
    ) {
      const message = 'a response is active or about to begin';
      return this.#session.refuse(intent, 'conversation_already_has_active_response', message);
    }
    if (request.input !== undefined) return this.#createBeside(intent, request, atMs);
    if (joins && !this.#hearing.speaking && this.#writer.takeRefusal()) {
      const message = 'what was to be answered was refused, and nothing else waits for an answer';
      return this.#session.refuse(intent, 'nothing_to_answer', message);
    }
    if (joins) return this.#answering.wishes.want(request);
    if (!this.#answering.wishes.ask(request)) this.#tooMany(intent);
  }

  /** Without an id: the one that is active, else what has not begun yet. */
  cancel(intent: IntentOf<'response_cancel'>, atMs: number): void {
    const { responseId } = intent;
    const cancelled = this.#cancelActive(responseId ?? null, atMs);
    this.#answering.stopReading(atMs);
    if (cancelled || (responseId === undefined && this.#answering.wishes.drop())) return;
    this.#session.refuse(intent, 'response_cancel_not_active', 'there is no such response to cancel');
  }

  #cancelActive(responseId: string | null, atMs: number): boolean {
    const id = responseId ?? this.#answering.activeId ?? this.#sides.joiningId;
    if (id === null) return false;
    return this.#answering.cancel('client_cancelled', atMs, id) || this.#sides.cancel(id, atMs);
  }

  #createBeside(intent: IntentOf<'response_create'>, request: ResponseRequest, atMs: number): void {
    if (this.#sides.full) return this.#tooMany(intent);
    const built = new SideInputBuilder(this.#session, this.#hearing.nowMs).build(request.input ?? []);
    if ('param' in built) return this.#session.refuse(intent, built.code, built.message, built.param);
    this.#sides.create(request, built, atMs);
  }

  #tooMany(intent: IntentOf<'response_create'>): void {
    this.#session.refuse(intent, 'shed', 'too many responses are under way', 'response.conversation');
  }
}
