import type { Item, ModelCaps, Response, ServerEventBody } from '@vis-a-vis/protocol';

/** A model that can do everything. */
export const CAPS: ModelCaps = {
  tools: true,
  instructions: true,
  transcription: true,
  vision: true,
  audio: true,
  speech: 'heard',
  videos: ['camera', 'screen'],
  context_tokens: 4096,
  languages: ['en'],
};

export function timingOf(response_id: string): ServerEventBody {
  return {
    type: 'visavis.turn.timing',
    response_id,
    item_id: null,
    speech_end_ms: null,
    last_speech_packet_ms: null,
    vad_end_ms: null,
    commit_ms: 0,
    prefill_ms: 0,
    first_token_ms: 0,
    first_sent_ms: 0,
    done_ms: 0,
    speech_end_to_first_token_ms: null,
    commit_to_first_token_ms: 0,
    frames_attended: 0,
    output_tokens: 0,
    speculation: null,
  };
}

export function transcriptOf({ itemId, text }: { itemId: string; text: string }): ServerEventBody {
  return {
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: itemId,
    content_index: 0,
    transcript: text,
    usage: {
      type: 'tokens',
      total_tokens: 0,
      input_tokens: 0,
      input_token_details: { text_tokens: 0, audio_tokens: 0 },
      output_tokens: 0,
    },
  };
}

export function responseOf(
  id: string,
  status: Response['status'],
  output: Item[],
  metadata: Record<string, string> | null,
): Response {
  return {
    object: 'realtime.response',
    id,
    status,
    status_details: status === 'cancelled' ? { type: 'cancelled', reason: 'client_cancelled' } : null,
    output,
    conversation_id: 'conv_1',
    output_modalities: ['text'],
    max_output_tokens: 'inf',
    usage: null,
    metadata,
  };
}

export function message(id: string, text: string, status: Item['status']): Item {
  const content = status === 'in_progress' ? [] : [{ type: 'output_text' as const, text }];
  return { id, object: 'realtime.item', type: 'message', status, role: 'assistant', content };
}

/** @returns whether a file of one of the kinds begins there */
export function isPicture(url: string): boolean {
  const file = url.slice(url.indexOf(',') + 1);
  return (
    ['iVBORw0KGgo', '/9j/', 'R0lGOD', 'UklGR'].some((begin) => file.startsWith(begin)) && file.length > 60
  );
}
