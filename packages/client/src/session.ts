import type {
  ClientEvent,
  FrameAttendedEvent,
  Response,
  ServerEvent,
  SessionPatch,
  TurnTimingEvent,
} from '@vis-a-vis/protocol';
import type { Delta, Speech } from './call/events.js';
import { Emitter } from './core/emitter.js';
import type { Answer } from './core/turns.js';
import { CallError } from './errors.js';

export interface SessionEvents {
  delta: Delta;
  answer: Answer;
  speech: Speech;
  timing: TurnTimingEvent;
  /** The model took a picture in. */
  frame: FrameAttendedEvent;
  error: CallError;
  /** The call is over; nothing comes after it. */
  closed: { readonly reason: string };
  /** Every event of the server, as it came. */
  event: ServerEvent;
}

interface Question {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: CallError) => void;
}

/** What a call can be asked for: the events of `oai-events`, whatever carries them. */
export class Session extends Emitter<SessionEvents> {
  /** Questions by the number that their `response.create` carries and its answer brings back. */
  private readonly questions = new Map<string, Question>();
  private asked = 0;
  private over = false;

  /** @param transmit sends one text message */
  constructor(private readonly transmit: (text: string) => void) {
    super();
  }

  /**
   * Asks in writing; the answer also comes by the events.
   * @returns the answer when it is whole (or was cut off, see its status)
   * @throws CallError where the gateway refuses the question, or the call ends first
   */
  ask(text: string): Promise<Answer> {
    const number = String(++this.asked);
    return new Promise((resolve, reject) => {
      this.questions.set(number, { resolve, reject });
      const content = [{ type: 'input_text' as const, text }];
      const item = { type: 'message' as const, role: 'user' as const, content };
      this.send({ type: 'conversation.item.create', event_id: `item-${number}`, item });
      this.send({
        type: 'response.create',
        event_id: `ask-${number}`,
        response: { metadata: { ask: number } },
      });
    });
  }

  /** Cuts the answer in progress off; without one, an error event comes back. */
  cancel(): void {
    this.send({ type: 'response.cancel' });
  }

  /** Changes the session; fields left out stay as they are. */
  update(session: SessionPatch): void {
    this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  }

  /** Sends any event of the protocol. */
  send(event: ClientEvent): void {
    this.sendText(JSON.stringify(event));
  }

  /** Sends a message as it is: for events that this version of the client does not know. */
  sendText(text: string): void {
    if (this.over) throw new CallError('session_closed', 'The call is closed.');
    // werift numbers an empty message and sends nothing: the other side would wait for it, and hear no later one.
    if (text === '') throw new CallError('invalid_json', 'An empty message is no event.');
    this.transmit(text);
  }

  /** One message arrived. */
  handleMessage(text: string): void {
    const event = JSON.parse(text) as ServerEvent;
    this.emit('event', event);
    switch (event.type) {
      case 'response.output_text.delta':
        return this.emit('delta', { responseId: event.response_id, text: event.delta });
      case 'response.done':
        return this.answered(event.response);
      case 'input_audio_buffer.speech_started':
        return this.emit('speech', { state: 'started', atMs: event.audio_start_ms });
      case 'input_audio_buffer.speech_stopped':
        return this.emit('speech', { state: 'stopped', atMs: event.audio_end_ms });
      case 'visavis.turn.timing':
        return this.emit('timing', event);
      case 'visavis.frame.attended':
        return this.emit('frame', event);
      case 'error':
        return this.failed(new CallError(event.error.code, event.error.message), event.error.event_id);
      default:
        return;
    }
  }

  /** The connection ended. Idempotent. */
  handleClosed(reason: string): void {
    if (this.over) return;
    this.over = true;
    for (const { reject } of this.questions.values()) {
      reject(new CallError('session_closed', `The call ended: ${reason}.`));
    }
    this.questions.clear();
    this.emit('closed', { reason });
  }

  private answered(response: Response): void {
    const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
    const answer: Answer = {
      responseId: response.id,
      text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
      status: response.status,
      usage: response.usage,
    };
    this.emit('answer', answer);
    const number = response.metadata?.['ask'];
    if (number !== undefined) this.takeQuestion(number)?.resolve(answer);
  }

  private failed(error: CallError, eventId: string | null): void {
    this.emit('error', error);
    const number = eventId?.match(/^(?:item|ask)-(\d+)$/)?.[1];
    if (number !== undefined) this.takeQuestion(number)?.reject(error);
  }

  private takeQuestion(number: string): Question | undefined {
    const question = this.questions.get(number);
    this.questions.delete(number);
    return question;
  }
}
