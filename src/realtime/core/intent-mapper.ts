import type { AudioFormat, ClientContent, ClientEvent, InputItem, ResponseParams } from '@vis-a-vis/protocol';
import { VisavisError, type RgbImage } from '#modules/contracts';
import type {
  ClientIntent,
  InputItem as ConversationInput,
  NewContent,
  ResponseWishes,
} from '#modules/conversation';
import { toToolChoice, toTools } from './turn-config.js';
import { toPcm } from './audio/audio-stream.js';
import { bytesPerSecond } from './audio/samples.js';

/** Client events that are the conversation's business; the others are answered by the call itself. */
export type ConversationEvent = Exclude<
  ClientEvent,
  { type: 'session.update' | 'input_audio_buffer.append' | 'output_audio_buffer.clear' }
>;

/** Of one part of a message (s): decoding it keeps everybody waiting. */
const MOST_AUDIO_S = 120;

/** Decodes a PNG, JPEG, WebP or GIF file. Rejects with `bad_image`. */
export type DecodeImage = (file: Uint8Array) => Promise<RgbImage>;

/** How the media of an event is to be read. */
export interface MediaReading {
  readonly decodeImage: DecodeImage;
  /** Of audio inside of items: the session's. */
  readonly format: AudioFormat;
}

/**
 * What a client event means to the conversation.
 * @throws VisavisError `bad_image`, `bad_audio`
 */
export async function toIntent(event: ConversationEvent, reading: MediaReading): Promise<ClientIntent> {
  const origin = event.event_id === undefined ? {} : { clientEventId: event.event_id };
  switch (event.type) {
    case 'conversation.item.create':
      return { ...(await toItemIntent(event, reading)), ...origin };
    case 'conversation.item.retrieve':
      return { k: 'item_retrieve', itemId: event.item_id, ...origin };
    case 'conversation.item.delete':
      return { k: 'item_delete', itemId: event.item_id, ...origin };
    case 'conversation.item.truncate':
      return {
        k: 'item_truncate',
        itemId: event.item_id,
        contentIndex: event.content_index,
        audioEndMs: event.audio_end_ms,
        ...(event.visavis && { characters: event.visavis.characters }),
        ...origin,
      };
    case 'input_audio_buffer.commit':
      return { k: 'audio_commit', ...origin };
    case 'input_audio_buffer.clear':
      return { k: 'audio_clear', ...origin };
    case 'response.create':
      return { k: 'response_create', ...(await toWishes(event.response ?? {}, reading)), ...origin };
    case 'response.cancel':
      return {
        k: 'response_cancel',
        ...(event.response_id != null && { responseId: event.response_id }),
        ...origin,
      };
  }
}

/** A response that is asked for behind this item is to answer it. */
export function asksForAnswer(item: ItemCreate['item']): boolean {
  return item.type === 'function_call_output' || (item.type === 'message' && item.role === 'user');
}

type ItemCreate = Extract<ClientEvent, { type: 'conversation.item.create' }>;

async function toItemIntent(
  { item, previous_item_id: previous }: ItemCreate,
  reading: MediaReading,
): Promise<ClientIntent> {
  const place = {
    ...(item.id !== undefined && { itemId: item.id }),
    ...(previous != null && { previousItemId: previous }),
  };
  switch (item.type) {
    case 'message':
      return { k: 'item_create', ...place, role: item.role, content: await toContents(item, reading) };
    case 'function_call': {
      const { call_id: callId, name, arguments: args } = item;
      return {
        k: 'call_create',
        ...place,
        ...(callId !== undefined && { callId }),
        name,
        arguments: args,
      };
    }
    case 'function_call_output':
      return { k: 'result_create', ...place, callId: item.call_id, output: item.output };
  }
}

/** What a client left out, or sent null for, is left out. */
async function toWishes(params: ResponseParams, reading: MediaReading): Promise<ResponseWishes> {
  const { input, instructions, tools, tool_choice: toolChoice, metadata, conversation } = params;
  return {
    ...(params.max_output_tokens != null && { maxOutputTokens: params.max_output_tokens }),
    ...(metadata && { metadata }),
    ...(instructions != null && { instructions }),
    ...(tools && { tools: toTools(tools) }),
    ...(toolChoice != null && { toolChoice: toToolChoice(toolChoice) }),
    ...(conversation != null && { conversation }),
    ...(input && { input: await Promise.all(input.map((item) => toInput(item, reading))) }),
  };
}

async function toInput(item: InputItem, reading: MediaReading): Promise<ConversationInput> {
  switch (item.type) {
    case 'message':
      return { type: 'message', role: item.role, content: await toContents(item, reading) };
    case 'function_call': {
      const { call_id: callId = '', name, arguments: args } = item;
      return { type: 'function_call', callId, name, arguments: args };
    }
    case 'function_call_output':
      return { type: 'function_call_output', callId: item.call_id, output: item.output };
    case 'item_reference':
      return { type: 'item_reference', itemId: item.id };
  }
}

function toContents(
  { content }: { readonly content: readonly ClientContent[] },
  reading: MediaReading,
): Promise<NewContent[]> {
  return Promise.all(content.map((part) => toContent(part, reading)));
}

async function toContent(part: ClientContent, { decodeImage, format }: MediaReading): Promise<NewContent> {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return { type: part.type, text: part.text };
    case 'input_image': {
      const file = fromBase64(part.image_url.slice(part.image_url.indexOf(',') + 1));
      return { type: 'input_image', image: await decodeImage(file), detail: part.detail ?? 'auto' };
    }
    case 'input_audio': {
      const bytes = fromBase64(part.audio);
      if (bytes.length > MOST_AUDIO_S * bytesPerSecond(format))
        throw new VisavisError('bad_audio', 'The audio is too long.', 'item.content.audio');
      const pcm = toPcm(bytes, format);
      if (pcm.length === 0) throw new VisavisError('bad_audio', 'The audio is empty.', 'item.content.audio');
      return { type: 'input_audio', pcm, ...(part.transcript != null && { transcript: part.transcript }) };
    }
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
