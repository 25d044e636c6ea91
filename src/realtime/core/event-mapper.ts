import type { Item, Response, ServerEventBody, Session, Usage } from '@vis-a-vis/protocol';
import type {
  Item as ConversationItem,
  LostPart,
  Response as ConversationResponse,
  SessionEvent,
  Usage as ConversationUsage,
} from '#modules/conversation';
import { ERRORS } from '#modules/contracts';
import { vendorEvents, type WireClock } from './vendor-mapper.js';

/** Why it was lost is the operator's, and in the log. */
const LOST: Readonly<Record<LostPart, string>> = {
  hearing: 'Speech is not detected any more. Commit turns yourself, or dial again.',
  video: 'Neither camera nor screen is seen any more. Dial again.',
  engine: 'Nothing is answered any more. Dial again.',
};

/**
 * What one session event says on the wire, in order. Pure: the session as it stands and the clocks are arguments.
 * Vendor events come out only where the session asked for them; an event that clients are not told of gives none.
 */
export function toServerEvents(event: SessionEvent, session: Session, clock: WireClock): ServerEventBody[] {
  switch (event.type) {
    case 'session_updated':
      return [{ type: 'session.updated', session }];
    case 'speech_started':
      return [
        {
          type: 'input_audio_buffer.speech_started',
          item_id: event.itemId,
          audio_start_ms: whole(event.audioStartMs),
        },
      ];
    case 'speech_stopped':
      return [stopped(event)];
    case 'speech_misfired':
      // The wire has no word for it: the speech stopped, and nothing of it was kept.
      return [stopped(event), { type: 'input_audio_buffer.cleared' }];
    case 'audio_committed':
      return [
        {
          type: 'input_audio_buffer.committed',
          item_id: event.itemId,
          previous_item_id: event.previousItemId,
        },
      ];
    case 'audio_cleared':
      return [{ type: 'input_audio_buffer.cleared' }];
    case 'timeout_triggered':
      return [
        {
          type: 'input_audio_buffer.timeout_triggered',
          item_id: event.itemId,
          audio_start_ms: whole(event.audioStartMs),
          audio_end_ms: whole(event.audioEndMs),
        },
      ];
    case 'item_added':
      return [
        {
          type: 'conversation.item.added',
          previous_item_id: event.previousItemId,
          item: toWireItem(event.item),
        },
      ];
    case 'item_done':
      return [
        {
          type: 'conversation.item.done',
          previous_item_id: event.previousItemId,
          item: toWireItem(event.item),
        },
      ];
    case 'item_retrieved':
      return [{ type: 'conversation.item.retrieved', item: toWireItem(event.item) }];
    case 'item_deleted':
      return [{ type: 'conversation.item.deleted', item_id: event.itemId }];
    case 'item_truncated':
      return [
        {
          type: 'conversation.item.truncated',
          item_id: event.itemId,
          content_index: event.contentIndex,
          audio_end_ms: whole(event.audioEndMs),
        },
      ];
    case 'transcript_delta':
    case 'transcript_completed':
    case 'transcript_failed':
      return [transcriptEvent(event)];
    case 'error':
      return [toErrorEvent(event.error)];
    case 'part_lost':
      return [
        toErrorEvent({
          code: 'part_lost',
          message: LOST[event.part],
          param: event.part,
          clientEventId: null,
        }),
        ...vendorEvents(event, session.visavis.events, clock),
      ];
    case 'frame_attended':
    case 'frame_dropped':
    case 'speculation_ended':
    case 'context_receipt':
    case 'context_redacted':
    case 'turn_timing':
      return vendorEvents(event, session.visavis.events, clock);
    default:
      return responseEvents(event);
  }
}

type ResponseEvent = Extract<
  SessionEvent,
  { type: `response_${string}` | `content_${string}` | `text_${string}` | `call_${string}` }
>;

function responseEvents(event: ResponseEvent): ServerEventBody[] {
  switch (event.type) {
    case 'response_created':
      return [{ type: 'response.created', response: toWireResponse(event.response) }];
    case 'response_item_added':
    case 'response_item_done':
      return [
        {
          type:
            event.type === 'response_item_added' ? 'response.output_item.added' : 'response.output_item.done',
          response_id: event.responseId,
          output_index: event.outputIndex,
          item: toWireItem(event.item),
        },
      ];
    case 'content_part_added':
      return [{ type: 'response.content_part.added', ...address(event), part: { type: 'text', text: '' } }];
    case 'text_delta':
      return [{ type: 'response.output_text.delta', ...address(event), delta: event.delta }];
    case 'text_done':
      return [{ type: 'response.output_text.done', ...address(event), text: event.text }];
    case 'content_part_done':
      return [
        { type: 'response.content_part.done', ...address(event), part: { type: 'text', text: event.text } },
      ];
    case 'call_delta':
      return [{ type: 'response.function_call_arguments.delta', ...callAddress(event), delta: event.delta }];
    case 'call_done':
      return [
        {
          type: 'response.function_call_arguments.done',
          ...callAddress(event),
          name: event.name,
          arguments: event.arguments,
        },
      ];
    case 'response_done':
      return [
        { type: 'response.done', response: toWireResponse(event.response) },
        { type: 'rate_limits.updated', rate_limits: [] },
      ];
  }
}

const TRANSCRIPTION = 'conversation.item.input_audio_transcription';

function transcriptEvent(event: Extract<SessionEvent, { type: `transcript_${string}` }>): ServerEventBody {
  const of = { item_id: event.itemId, content_index: event.contentIndex };
  switch (event.type) {
    case 'transcript_delta':
      return { type: `${TRANSCRIPTION}.delta`, ...of, delta: event.delta };
    case 'transcript_completed': {
      const { text, audio, output } = event.usage;
      const usage = {
        type: 'tokens' as const,
        total_tokens: text + audio + output,
        input_tokens: text + audio,
        input_token_details: { text_tokens: text, audio_tokens: audio },
        output_tokens: output,
      };
      return { type: `${TRANSCRIPTION}.completed`, ...of, transcript: event.transcript, usage };
    }
    case 'transcript_failed': {
      const { code, message } = event;
      return { type: `${TRANSCRIPTION}.failed`, ...of, error: { type: ERRORS[code].type, code, message } };
    }
  }
}

/** An `error` event; `clientEventId` lets stock clients reject the request that caused it. */
export function toErrorEvent(error: {
  readonly code: keyof typeof ERRORS;
  readonly message: string;
  readonly param: string | null;
  readonly clientEventId: string | null;
}): Extract<ServerEventBody, { type: 'error' }> {
  return {
    type: 'error',
    error: {
      type: ERRORS[error.code].type,
      code: error.code,
      message: error.message,
      param: error.param,
      event_id: error.clientEventId,
    },
  };
}

function stopped(event: { itemId: string; audioEndMs: number }): ServerEventBody {
  return {
    type: 'input_audio_buffer.speech_stopped',
    item_id: event.itemId,
    audio_end_ms: whole(event.audioEndMs),
  };
}

function callAddress(event: { responseId: string; itemId: string; outputIndex: number; callId: string }) {
  return {
    response_id: event.responseId,
    item_id: event.itemId,
    output_index: event.outputIndex,
    call_id: event.callId,
  };
}

function address(event: { responseId: string; itemId: string; outputIndex: number; contentIndex: number }) {
  return {
    response_id: event.responseId,
    item_id: event.itemId,
    output_index: event.outputIndex,
    content_index: event.contentIndex,
  };
}

function toWireItem(item: ConversationItem): Item {
  const of = { id: item.id, object: 'realtime.item', status: item.status } as const;
  switch (item.type) {
    case 'message': {
      const content = item.content.map((part) =>
        part.type === 'input_audio' ? { type: part.type, transcript: part.transcript } : part,
      );
      return { ...of, type: 'message', role: item.role, content };
    }
    case 'function_call': {
      const { name, callId, arguments: args } = item;
      return { ...of, type: 'function_call', name, call_id: callId, arguments: args };
    }
    case 'function_call_output':
      return { ...of, type: 'function_call_output', call_id: item.callId, output: item.output };
  }
}

function toWireResponse(response: ConversationResponse): Response {
  return {
    object: 'realtime.response',
    id: response.id,
    status: response.status,
    status_details: statusDetails(response),
    output: response.output.map(toWireItem),
    conversation_id: response.conversationId,
    output_modalities: ['text'],
    max_output_tokens: response.maxOutputTokens,
    usage: response.usage && toWireUsage(response.usage),
    metadata: response.metadata && { ...response.metadata },
  };
}

function statusDetails(response: ConversationResponse): Response['status_details'] {
  if (response.status === 'in_progress' || response.status === 'completed') return null;
  return {
    type: response.status,
    ...(response.reason && { reason: response.reason }),
    ...(response.error && { error: { type: ERRORS[response.error.code].type, code: response.error.code } }),
  };
}

function toWireUsage({ input, cached, output }: ConversationUsage): Usage {
  const inputTokens = input.text + input.audio + input.image;
  return {
    total_tokens: inputTokens + output,
    input_tokens: inputTokens,
    output_tokens: output,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: input.image,
      cached_tokens: cached.text + cached.audio + cached.image,
      cached_tokens_details: {
        text_tokens: cached.text,
        audio_tokens: cached.audio,
        image_tokens: cached.image,
      },
    },
    output_token_details: { text_tokens: output, audio_tokens: 0 },
  };
}

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}
