import type { AudioFormat, ClientContent, ClientEvent } from '@vis-a-vis/protocol';
import { VisavisError, type RgbImage } from '#modules/contracts';
import type { ClientIntent, NewContent } from '#modules/conversation';
import { toPcm } from './audio/audio-stream.js';

/** Client events that are the conversation's business; the others are answered by the call itself. */
export type ConversationEvent = Exclude<
  ClientEvent,
  { type: 'session.update' | 'input_audio_buffer.append' | 'output_audio_buffer.clear' }
>;

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
      return {
        k: 'item_create',
        ...(event.item.id !== undefined && { itemId: event.item.id }),
        ...(event.previous_item_id != null && { previousItemId: event.previous_item_id }),
        role: event.item.role,
        content: await Promise.all(event.item.content.map((part) => toContent(part, reading))),
        ...origin,
      };
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
        ...origin,
      };
    case 'input_audio_buffer.commit':
      return { k: 'audio_commit', ...origin };
    case 'input_audio_buffer.clear':
      return { k: 'audio_clear', ...origin };
    case 'response.create':
      return {
        k: 'response_create',
        ...(event.response?.max_output_tokens != null && {
          maxOutputTokens: event.response.max_output_tokens,
        }),
        ...(event.response?.metadata && { metadata: event.response.metadata }),
        ...origin,
      };
    case 'response.cancel':
      return {
        k: 'response_cancel',
        ...(event.response_id != null && { responseId: event.response_id }),
        ...origin,
      };
  }
}

async function toContent(part: ClientContent, { decodeImage, format }: MediaReading): Promise<NewContent> {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return part;
    case 'input_image': {
      const file = fromBase64(part.image_url.slice(part.image_url.indexOf(',') + 1));
      return { type: 'input_image', image: await decodeImage(file), detail: part.detail ?? 'auto' };
    }
    case 'input_audio': {
      const pcm = toPcm(fromBase64(part.audio), format);
      if (pcm.length === 0) throw new VisavisError('bad_audio', 'The audio is empty.', 'item.content.audio');
      return { type: 'input_audio', pcm };
    }
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
