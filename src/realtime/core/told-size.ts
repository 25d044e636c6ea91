import type { ClientContent, ClientItem } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';

/** Ids and what else an event of an item has beside what the client sent of it (bytes). */
const ENVELOPE_BYTES = 512;
/** Who takes even less goes without most events, and is not to be kept from saying anything. */
const LEAST_BYTES = 16 * 1024;

/**
 * A client that puts something in is told of it as it then stands, in one event: what does not fit into one is refused.
 * @param what the item or session that is told
 * @param most bytes that its client takes
 * @throws VisavisError `message_too_large`
 */
export function checkTold(what: object, most: number, param: 'item' | 'session'): void {
  if (Buffer.byteLength(JSON.stringify(what)) + ENVELOPE_BYTES <= Math.max(most, LEAST_BYTES)) return;
  const message = `The ${param} could not be told back: an event to this client has at most ${most} bytes.`;
  throw new VisavisError('message_too_large', message, param);
}

/** What is told of an item: media is left out, and what a client may write and has no meaning. */
export function toldOf(item: ClientItem): object {
  switch (item.type) {
    case 'message':
      return item.content.map(toldOfPart);
    case 'function_call':
      return { name: item.name, call_id: item.call_id, arguments: item.arguments };
    case 'function_call_output':
      return { call_id: item.call_id, output: item.output };
  }
}

function toldOfPart(part: ClientContent): object {
  if (part.type === 'input_audio') return { type: part.type, transcript: part.transcript };
  return part.type === 'input_image'
    ? { type: part.type, detail: part.detail }
    : { type: part.type, text: part.text };
}
