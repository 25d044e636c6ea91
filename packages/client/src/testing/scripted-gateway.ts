import {
  defaultSession,
  isShown,
  mergeSession,
  type ClientEvent,
  type Item,
  type ParsedClientEvent,
  type Response,
  type Resumed,
  type ResumeRequest,
  type ServerEvent,
  type ServerEventBody,
  type SessionPatch,
} from '@vis-a-vis/protocol';
import { EventLog } from './event-log.js';
import { CAPS, isPicture, message, responseOf, timingOf, transcriptOf } from './parts.js';
import type { Asked, Script, ScriptedCallOfTool } from './script.js';

interface Making {
  readonly id: string;
  isOver: boolean;
}

/**
 * The gateway's side of a call, by a script: its events in their order, as test/e2e/client.test.ts holds them to the real one's.
 * No model, no sound, no time.
 */
export class ScriptedGateway {
  readonly #script: Script;
  readonly #send: (event: ServerEvent) => void;
  readonly #camera: () => boolean;
  readonly #log = new EventLog();
  #session = defaultSession('sess_1', 'scripted', { caps: CAPS });
  #count = 0;
  /** Messages of the client's. */
  #received = 0;
  #pictures = 0;
  #question: { text: string; spoken: boolean } | null = null;
  #results: string[] = [];
  #making: Making | null = null;
  readonly #metadata = new Map<string, Record<string, string> | null>();
  /** Texts by their items. */
  readonly #answers = new Map<string, string>();

  /** @param camera whether it shows anything */
  constructor(script: Script, send: (event: ServerEvent) => void, camera: () => boolean) {
    this.#script = script;
    this.#send = send;
    this.#camera = camera;
  }

  /** Sends any event. */
  emit(event: ServerEventBody): void {
    const whole = { event_id: this.#id('event'), ...event };
    this.#log.add(whole, false);
    this.#send(whole);
  }

  greet(patch: SessionPatch): void {
    this.#session = mergeSession(this.#session, patch);
    this.#greet(null);
  }

  /** The token is one by which a client comes back to this call. */
  keeps({ token }: ResumeRequest): boolean {
    return this.#log.leadsHere(token);
  }

  /** The client has come back: it is told what it has missed. */
  resume({ last_event_id = null }: ResumeRequest): void {
    const missed = this.#log.behind(last_event_id);
    this.#greet({ replayed: missed.length, missed: 0, received: this.#received });
    for (const event of missed) this.#send(event);
  }

  #greet(resumed: Resumed | null): void {
    const visavis = {
      ...(this.#session.visavis.resume && { resume: this.#log.issue() }),
      ...(resumed && { resumed }),
    };
    const greeting = {
      event_id: this.#id('event'),
      type: 'session.created' as const,
      session: this.#session,
      ...(Object.keys(visavis).length > 0 && { visavis }),
    };
    this.#log.add(greeting, true);
    this.#send(greeting);
  }

  /** A message of the client's, as the protocol's own schema reads it. */
  read(parsed: ParsedClientEvent): void {
    this.#received += 1;
    this.#log.confirm();
    if (parsed.ok) return this.#handle(parsed.event);
    const { code, message, eventId } = parsed.problem;
    this.#refuse(code, message, eventId);
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case 'session.update':
        return this.#update(event.session);
      case 'conversation.item.create':
        return this.#create(event);
      case 'conversation.item.truncate': {
        const { item_id, content_index, audio_end_ms, visavis } = event;
        const text = this.#answers.get(item_id);
        if (text === undefined)
          return this.#refuse('item_not_found', 'There is no such answer.', event.event_id);
        this.cancel();
        this.#answers.set(item_id, text.slice(0, visavis?.characters ?? text.length));
        return this.emit({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
      }
      case 'response.create':
        if (!this.#making) return this.respond(event.response?.metadata ?? null);
        return this.#refuse('conversation_already_has_active_response', 'One is being made.', event.event_id);
      case 'response.cancel':
        if (this.#making) return this.cancel();
        return this.#refuse('response_cancel_not_active', 'No answer is being made.', event.event_id);
      default:
        return;
    }
  }

  startSpeech(item_id: string): void {
    this.emit({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms: 0 });
  }

  stopSpeech(item_id: string): void {
    this.emit({ type: 'input_audio_buffer.speech_stopped', item_id, audio_end_ms: 0 });
  }

  /** What was heard is a turn: it interrupts the answer before it, and is answered. */
  commit(text: string, item_id: string): void {
    this.cancel();
    this.emit({ type: 'input_audio_buffer.committed', item_id, previous_item_id: null });
    const content = [{ type: 'input_audio' as const, transcript: null }];
    this.#add({
      id: item_id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content,
    });
    this.#question = { text, spoken: true };
    this.respond(null, { itemId: item_id, text });
  }

  /** What was heard was nobody's turn. */
  dismiss(): void {
    this.emit({ type: 'input_audio_buffer.cleared' });
  }

  /** A picture of the camera is taken in, where there is one. */
  see(): void {
    if (!this.#camera() || !isShown(this.#session.visavis.video, 'camera')) return;
    const item_id = this.#id('frame');
    this.emit({ type: 'visavis.frame.attended', item_id, rtp_ms: 0, age_ms: 0, tokens: 64 });
  }

  /** Cuts the answer off that is being made. */
  cancel(): void {
    const making = this.#making;
    if (!making) return;
    making.isOver = true;
    this.#making = null;
    this.#done(making.id, null);
  }

  respond(
    metadata: Record<string, string> | null,
    spoken: { itemId: string; text: string } | null = null,
  ): void {
    const asked: Asked = {
      text: this.#question?.text ?? '',
      spoken: this.#question?.spoken ?? false,
      pictures: this.#pictures,
      results: this.#results,
      tools: this.#session.tools.map(({ name }) => name),
    };
    this.#question = null;
    this.#results = [];
    this.#pictures = 0;
    const making: Making = { id: this.#id('resp'), isOver: false };
    this.#making = making;
    this.#metadata.set(making.id, metadata);
    this.emit({ type: 'response.created', response: this.#response(making.id, 'in_progress', []) });
    void this.#answer(making, asked).then(() => {
      if (spoken && this.#session.audio.input.transcription) this.emit(transcriptOf(spoken));
    });
  }

  async #answer(making: Making, asked: Asked): Promise<void> {
    const isOver = (): boolean => making.isOver;
    try {
      const reply = await this.#script(asked);
      if (isOver()) return;
      if (typeof reply === 'object' && 'error' in reply) return this.#fail(making, reply.error);
      if (typeof reply === 'object' && 'calls' in reply) return this.#call(making, reply.calls);
      const item = this.#begin(making.id);
      for await (const piece of typeof reply === 'string' ? [reply] : reply) {
        if (isOver()) return;
        this.#answers.set(item, (this.#answers.get(item) ?? '') + piece);
        const of = { response_id: making.id, item_id: item, output_index: 0, content_index: 0 };
        this.emit({ type: 'response.output_text.delta', ...of, delta: piece });
        // Whoever hears it may interrupt.
        await Promise.resolve();
      }
      if (!isOver()) this.#finish(making, item);
    } catch (error) {
      if (!isOver()) this.#fail(making, 'internal_error');
      throw error;
    }
  }

  #begin(response_id: string): string {
    const id = this.#id('item');
    const item = message(id, '', 'in_progress');
    this.#answers.set(id, '');
    const of = { response_id, item_id: id, output_index: 0, content_index: 0 };
    this.emit({ type: 'response.output_item.added', response_id, output_index: 0, item });
    this.emit({ type: 'conversation.item.added', previous_item_id: null, item });
    this.emit({ type: 'response.content_part.added', ...of, part: { type: 'text', text: '' } });
    return id;
  }

  #finish(making: Making, item_id: string): void {
    const text = this.#answers.get(item_id) ?? '';
    const of = { response_id: making.id, item_id, output_index: 0, content_index: 0 };
    const item = message(item_id, text, 'completed');
    this.emit({ type: 'response.output_text.done', ...of, text });
    this.emit({ type: 'response.content_part.done', ...of, part: { type: 'text', text } });
    this.emit({ type: 'conversation.item.done', previous_item_id: null, item });
    this.emit({ type: 'response.output_item.done', response_id: making.id, output_index: 0, item });
    this.#making = null;
    this.#done(making.id, [item]);
  }

  #call(making: Making, calls: readonly ScriptedCallOfTool[]): void {
    const items = calls.map(({ tool, args = {} }): Item => ({
      id: this.#id('item'),
      object: 'realtime.item',
      type: 'function_call',
      status: 'completed',
      name: tool,
      call_id: this.#id('call'),
      arguments: JSON.stringify(args),
    }));
    items.forEach((item, output_index) => {
      this.emit({ type: 'response.output_item.added', response_id: making.id, output_index, item });
      this.emit({ type: 'response.output_item.done', response_id: making.id, output_index, item });
    });
    this.#making = null;
    this.#done(making.id, items);
  }

  #fail(making: Making, code: string): void {
    this.#making = null;
    const response = this.#response(making.id, 'failed', []);
    const status_details = { type: 'failed' as const, error: { type: 'server_error', code } };
    this.emit({ type: 'response.done', response: { ...response, status_details } });
  }

  /** @param output null: it was cut off */
  #done(id: string, output: Item[] | null): void {
    this.emit({
      type: 'response.done',
      response: this.#response(id, output ? 'completed' : 'cancelled', output ?? []),
    });
    this.emit({ type: 'rate_limits.updated', rate_limits: [] });
    this.emit(timingOf(id));
  }

  #response(id: string, status: Response['status'], output: Item[]): Response {
    return responseOf(id, status, output, this.#metadata.get(id) ?? null);
  }

  get #shown(): readonly ('camera' | 'screen')[] {
    const { video } = this.#session.visavis;
    return (['camera', 'screen'] as const).filter((source) => isShown(video, source));
  }

  #update(patch: SessionPatch): void {
    const before = this.#shown;
    this.#session = mergeSession(this.#session, patch);
    const shown = this.#shown;
    this.emit({ type: 'session.updated', session: this.#session });
    if (!before.includes('camera') && shown.includes('camera')) this.see();
    const wentOff = before.some((source) => !shown.includes(source));
    if (wentOff && this.#session.visavis.camera_off === 'redact')
      this.emit({ type: 'visavis.context.redacted', item_ids: [], tokens: 64 });
  }

  #create({ item, event_id }: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const id = item.id ?? this.#id('item');
    if (item.type === 'function_call_output') {
      this.#results.push(item.output);
      const { call_id, output } = item;
      return this.#add({
        id,
        object: 'realtime.item',
        type: 'function_call_output',
        status: 'completed',
        call_id,
        output,
      });
    }
    if (item.type !== 'message') return;
    for (const part of item.content) {
      if (part.type === 'input_text') this.#question = { text: part.text, spoken: false };
      if (part.type !== 'input_image') continue;
      if (!isPicture(part.image_url))
        return this.#refuse('bad_image', 'The picture cannot be decoded.', event_id);
      this.#pictures += 1;
    }
    const content = item.content.map((part) =>
      part.type === 'input_text' ? { type: part.type, text: part.text } : { type: 'input_image' as const },
    );
    this.#add({
      id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: item.role,
      content,
    });
  }

  #add(item: Item): void {
    this.emit({ type: 'conversation.item.added', previous_item_id: null, item });
    this.emit({ type: 'conversation.item.done', previous_item_id: null, item });
  }

  #refuse(code: string, message: string, event_id: string | null | undefined): void {
    const error = { type: 'invalid_request_error', code, message, param: null, event_id: event_id ?? null };
    this.emit({ type: 'error', error });
  }

  #id(kind: string): string {
    return `${kind}_${++this.#count}`;
  }
}
