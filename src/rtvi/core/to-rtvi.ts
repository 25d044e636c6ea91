import {
  RTVI_LABEL,
  type RtviServerBody,
  type RtviServerMessage,
  type ServerEventBody,
} from '@vis-a-vis/protocol';
import { Sentences } from './sentences.js';

type Usage = NonNullable<Extract<ServerEventBody, { type: 'response.done' }>['response']['usage']>;

/** What measures are told to be of. */
const PROCESSOR = 'visavis';

/** Who speaks: a call has one person. */
const USER = 'user';

/** Says in RTVI what happens in a call. One for each call: sentences go over several events. */
export class ToRtvi {
  readonly #sentences = new Sentences();
  #segment = 0;
  #responseId: string | null = null;

  /** @param now when what is said was written down */
  constructor(private readonly now: () => Date) {}

  /** The response that is under way; null: none is. */
  get responseId(): string | null {
    return this.#responseId;
  }

  /** @returns nothing for what RTVI has no word for */
  map(event: ServerEventBody): RtviServerBody[] {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        return [{ type: 'user-started-speaking', data: {} }];
      case 'input_audio_buffer.speech_stopped':
        return [{ type: 'user-stopped-speaking', data: {} }];
      case 'response.created':
        this.#responseId = event.response.id;
        return [{ type: 'bot-llm-started', data: {} }];
      case 'response.output_text.delta':
        return [
          { type: 'bot-llm-text', data: { text: event.delta } },
          ...this.#sentences.push(event.delta).map((text) => this.#output(text)),
        ];
      case 'response.output_text.done': {
        const rest = this.#sentences.end();
        return rest === null ? [] : [this.#output(rest)];
      }
      case 'response.done': {
        const { usage } = event.response;
        this.#responseId = null;
        return [{ type: 'bot-llm-stopped', data: {} }, ...(usage ? [tokensOf(usage)] : [])];
      }
      case 'response.output_item.added':
        return event.item.type === 'function_call'
          ? [{ type: 'llm-function-call-started', data: { function_name: event.item.name } }]
          : [];
      case 'response.function_call_arguments.done': {
        const { name, call_id: id, arguments: text } = event;
        const data = { function_name: name, tool_call_id: id, arguments: argumentsOf(text) };
        return [{ type: 'llm-function-call-in-progress', data }];
      }
      case 'conversation.item.input_audio_transcription.completed': {
        const said = { text: event.transcript, timestamp: this.now().toISOString() };
        return [{ type: 'user-transcription', data: { ...said, final: true, user_id: USER } }];
      }
      case 'error':
        return [errorOf(event)];
      case 'visavis.turn.timing': {
        const ms = event.commit_to_first_token_ms;
        const ttfb = ms === null ? [] : [{ processor: PROCESSOR, value: ms / 1000 }];
        return [
          { type: 'metrics', data: { ttfb } },
          { type: 'server-message', data: event },
        ];
      }
      default:
        // Ours alone, and only where the client asked for it. For the rest RTVI has no words.
        return event.type.startsWith('visavis.') ? [{ type: 'server-message', data: { ...event } }] : [];
    }
  }

  #output(text: string): RtviServerBody {
    const segment = { text, aggregated_by: 'sentence', segment_id: this.#segment++ } as const;
    return { type: 'bot-output', data: { ...segment, spoken: false, will_be_spoken: false } };
  }
}

/** A model may write what is no JSON object: then it is told as it is. */
function argumentsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  return { unreadable: text };
}

/** @param id the message's own, or that of the client's message which it answers */
export function inEnvelope(body: RtviServerBody, id: string): RtviServerMessage {
  return { label: RTVI_LABEL, id, ...body };
}

function errorOf({ error }: Extract<ServerEventBody, { type: 'error' }>): RtviServerBody {
  const { code, message, event_id: of } = error;
  return of === null
    ? { type: 'error', data: { error: message, code, fatal: false } }
    : { type: 'error-response', data: { error: message, code } };
}

function tokensOf({ input_tokens, output_tokens, total_tokens }: Usage): RtviServerBody {
  const counted = { prompt_tokens: input_tokens, completion_tokens: output_tokens, total_tokens };
  return { type: 'metrics', data: { tokens: [{ processor: PROCESSOR, ...counted }] } };
}
