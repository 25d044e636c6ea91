import type { ClientEvent, ServerEvent, Tool } from '@vis-a-vis/protocol';
import { Reader, type Heard } from '../core/reader.js';
import { described, runTool } from '../core/tools.js';
import { TURN_KEY, TurnBook, type FunctionCall, type Turn } from '../core/turns.js';
import { CallError } from '../errors.js';
import type { Edge } from './edge.js';
import type { CallEvents } from './events.js';
import type { SpeakOptions, ToolDefinition } from './options.js';

const DEFAULT_BARGE_IN_MS = 400;

export interface ConversationOptions {
  readonly edge: Pick<Edge, 'media' | 'timers' | 'voice'>;
  readonly speak: boolean | SpeakOptions;
  readonly tools: readonly ToolDefinition<never>[];
  readonly send: (event: ClientEvent) => void;
  readonly emit: <K extends keyof CallEvents>(name: K, value: CallEvents[K]) => void;
}

interface Pending {
  readonly resolve: (itemId: string) => void;
  readonly reject: (error: Error) => void;
}

/** What is said in a call: questions, pictures, tools, reading aloud. Knows events, and no connection. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #book: TurnBook;
  readonly #reader: Reader | null;
  readonly #tools = new Map<string, ToolDefinition<never>>();
  /** Tools that are being done, by the turn that asked for them. */
  readonly #doing = new Map<string, AbortController>();
  /** Pictures on their way, by the ids of their items. */
  readonly #shown = new Map<string, Pending>();
  /** Responses that are being made. */
  readonly #active = new Set<string>();
  #count = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    for (const tool of options.tools) this.#tools.set(tool.name, tool);
    this.#reader = this.#readerOf(options.speak);
    const { emit } = options;
    this.#book = new TurnBook({
      began: (turn) => emit('turn', turn),
      delta: (_turn, delta) => {
        emit('delta', delta);
        this.#reader?.push(delta);
      },
      answered: (_turn, answer) => emit('answer', answer),
      called: (turn, calls) => this.#call(turn, calls),
      transcript: (itemId, text, turn) => emit('transcript', { itemId, text, turn }),
    });
  }

  say(text: string, signal: AbortSignal | undefined): Turn {
    if (text === '') throw new CallError('bad_option', 'An empty question is none.');
    signal?.throwIfAborted();
    this.interrupt();
    const turn = this.#book.ask(text);
    const content = [{ type: 'input_text' as const, text }];
    try {
      const item = { type: 'message' as const, role: 'user' as const, content };
      this.#options.send({ type: 'conversation.item.create', event_id: `item:${turn.id}`, item });
      this.#respond(turn);
    } catch (error) {
      if (error instanceof CallError) this.#book.fail(turn.id, error);
      throw error;
    }
    const stop = (): void => this.#stop(turn, signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const settled = (): void => signal?.removeEventListener('abort', stop);
    turn.done.then(settled, settled);
    return turn;
  }

  show(imageUrl: string, signal: AbortSignal | undefined): Promise<string> {
    const id = `img_${++this.#count}_${Math.floor(this.#options.edge.timers.random() * 2 ** 32).toString(36)}`;
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#shown.get(id)?.reject(signal?.reason as Error);
      const settle = (end: () => void): void => {
        this.#shown.delete(id);
        signal?.removeEventListener('abort', abort);
        end();
      };
      this.#shown.set(id, {
        resolve: (itemId) => settle(() => resolve(itemId)),
        reject: (error) => settle(() => reject(error)),
      });
      signal?.addEventListener('abort', abort, { once: true });
      const content = [{ type: 'input_image' as const, image_url: imageUrl }];
      const item = { id, type: 'message' as const, role: 'user' as const, content };
      try {
        this.#options.send({ type: 'conversation.item.create', event_id: `show:${id}`, item });
      } catch (error) {
        this.#shown.get(id)?.reject(error as Error);
      }
    });
  }

  interrupt(): void {
    this.#reader?.stop();
    for (const doing of this.#doing.values()) doing.abort();
    if (this.#active.size + this.#book.open.length > 0) this.#options.send({ type: 'response.cancel' });
    this.#book.withdraw();
  }

  /** @returns all tools, as the gateway is told of them */
  addTool(tool: ToolDefinition<never>): Tool[] {
    this.#tools.set(tool.name, tool);
    return [...this.#tools.values()].map(described);
  }

  removeTool(name: string): Tool[] {
    this.#tools.delete(name);
    return [...this.#tools.values()].map(described);
  }

  handle(event: ServerEvent): void {
    if (event.type === 'response.created' && event.response.conversation_id !== null)
      this.#active.add(event.response.id);
    if (event.type === 'response.done') this.#active.delete(event.response.id);
    this.#read(event);
    this.#tell(event);
    this.#book.handle(event);
    // Behind the last of its text.
    if (event.type === 'response.done')
      this.#reader?.answered(event.response.id, event.response.status === 'cancelled');
  }

  /** The connection was lost, and with it all that was under way. */
  handleLost(why: string): void {
    this.#end(new CallError('connection_lost', why));
  }

  handleClosed(why: string): void {
    this.#end(new CallError('session_closed', why));
  }

  #end(error: CallError): void {
    for (const doing of this.#doing.values()) doing.abort();
    this.#book.failAll(error);
    for (const { reject } of Array.from(this.#shown.values())) reject(error);
    this.#active.clear();
    this.#reader?.close();
  }

  #tell(event: ServerEvent): void {
    const { emit } = this.#options;
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        return emit('speech', { state: 'started', atMs: event.audio_start_ms });
      case 'input_audio_buffer.speech_stopped':
        return emit('speech', { state: 'stopped', atMs: event.audio_end_ms });
      case 'input_audio_buffer.cleared':
        return emit('dismissed', undefined);
      case 'visavis.turn.timing':
        return emit('timing', event);
      case 'visavis.frame.attended':
        return emit('frame', event);
      case 'visavis.context':
        return emit('context', event);
      case 'visavis.context.redacted':
        return emit('redacted', event);
      case 'conversation.item.done':
        return this.#shown.get(event.item.id)?.resolve(event.item.id);
      case 'error':
        return this.#failed(event.error);
      default:
        return;
    }
  }

  /** Pauses, goes on and stops reading aloud by what is heard. */
  #read(event: ServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        return this.#reader?.speechStarted();
      case 'input_audio_buffer.speech_stopped':
        return this.#reader?.speechStopped();
      case 'input_audio_buffer.cleared':
        return this.#reader?.dismissed();
      case 'input_audio_buffer.committed':
        return this.#reader?.stop();
      default:
        return;
    }
  }

  #failed({
    code,
    message,
    param,
    event_id,
  }: {
    code: string;
    message: string;
    param: string | null;
    event_id: string | null;
  }): void {
    const error = new CallError(code, message, { param });
    const [kind, id = ''] = (event_id ?? '').split(':');
    if (kind === 'item' || kind === 'ask') this.#book.fail(id, error);
    if (kind === 'show') this.#shown.get(id)?.reject(error);
    // An answer may end while it is being interrupted: that is no error of anybody's.
    if (code === 'response_cancel_not_active') return;
    this.#options.emit('error', error);
  }

  #respond(turn: Turn): void {
    const response = { metadata: { [TURN_KEY]: turn.id } };
    this.#options.send({ type: 'response.create', event_id: `ask:${turn.id}`, response });
  }

  #stop(turn: Turn, reason: unknown): void {
    if (!this.#book.open.includes(turn)) return;
    this.#book.fail(turn.id, new CallError('aborted', `The question was withdrawn: ${String(reason)}`));
    this.interrupt();
  }

  #call(turn: Turn, calls: readonly FunctionCall[]): boolean {
    // Tools that the application did not give to the SDK are its own to do.
    if (!calls.some(({ name }) => this.#tools.has(name))) return false;
    const doing = new AbortController();
    this.#doing.set(turn.id, doing);
    const runs = calls.map((call) => runTool(this.#tools.get(call.name), call, doing.signal));
    void Promise.all(runs).then((done) => {
      this.#doing.delete(turn.id);
      const stopped = doing.signal.aborted;
      try {
        for (const run of done) {
          this.#options.emit('tool', run);
          const item = { type: 'function_call_output' as const, call_id: run.callId, output: run.output };
          this.#options.send({ type: 'conversation.item.create', event_id: `item:${turn.id}`, item });
        }
        if (stopped) this.#book.fail(turn.id, new CallError('aborted', 'The answer was interrupted.'));
        else this.#respond(turn);
      } catch (error) {
        this.#book.fail(
          turn.id,
          error instanceof CallError ? error : new CallError('tool_failed', String(error)),
        );
      }
    });
    return true;
  }

  #readerOf(speak: boolean | SpeakOptions): Reader | null {
    const options = speak === true ? {} : speak;
    if (options === false) return null;
    const { edge, emit } = this.#options;
    const voice = options.voice ?? edge.voice;
    if (!voice)
      throw new CallError('not_supported', 'Nothing here reads aloud: bring a voice (`speak: {voice}`).');
    return new Reader(voice, options.bargeInMs ?? DEFAULT_BARGE_IN_MS, edge.timers, {
      reading: (reading) => {
        edge.media.gate(reading);
        emit('reading', reading);
      },
      heard: (heard) => this.#handleHeard(heard),
      failed: (error) => emit('error', new CallError('voice_failed', String(error), { cause: error })),
    });
  }

  #handleHeard(heard: Heard): void {
    if (!heard.whole) {
      const { itemId: item_id, characters } = heard;
      const visavis = { characters };
      this.#options.send({
        type: 'conversation.item.truncate',
        event_id: `heard:${item_id}`,
        item_id,
        content_index: 0,
        audio_end_ms: 0,
        visavis,
      });
    }
    this.#options.emit('heard', heard);
  }
}
