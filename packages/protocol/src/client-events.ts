import { z } from 'zod';
import { clientItemSchema } from './item.js';
import { responseParamsSchema } from './response-params.js';
import { sessionPatchSchema } from './session.js';

function event<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.object({ type: z.literal(type), event_id: z.string().max(512).optional(), ...shape });
}

const itemId = z.string().min(1);

/** Every event that a client may send over `oai-events`. */
export const clientEventSchema = z.discriminatedUnion('type', [
  event('session.update', { session: sessionPatchSchema }),
  event('conversation.item.create', {
    /** "root", or the id of the item before; left out: at the end. */
    previous_item_id: z.string().nullish(),
    item: clientItemSchema,
  }),
  event('conversation.item.retrieve', { item_id: itemId }),
  event('conversation.item.delete', { item_id: itemId }),
  event('conversation.item.truncate', {
    item_id: itemId,
    content_index: z.number().int().min(0),
    audio_end_ms: z.number().min(0),
    /** Our own: characters of the text that were read or heard; then `audio_end_ms` is not looked at. */
    visavis: z.object({ characters: z.number().int().min(0) }).nullish(),
  }),
  event('input_audio_buffer.append', { audio: z.base64() }),
  event('input_audio_buffer.commit', {}),
  event('input_audio_buffer.clear', {}),
  event('output_audio_buffer.clear', {}),
  event('response.create', { response: responseParamsSchema.nullish() }),
  event('response.cancel', { response_id: z.string().nullish() }),
]);
export type ClientEvent = z.infer<typeof clientEventSchema>;

const TYPES: ReadonlySet<string> = new Set(
  clientEventSchema.options.map((option) => option.shape.type.value),
);

/** The largest message that a browser can receive, and that the gateway reads (bytes of UTF-8). */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Why a message was not understood; `eventId` is the client's own, to tie the error to. */
export interface ClientEventProblem {
  readonly code: 'invalid_json' | 'unknown_event' | 'invalid_event';
  readonly message: string;
  readonly param: string | null;
  readonly eventId: string | null;
}

export type ParsedClientEvent =
  | { readonly ok: true; readonly event: ClientEvent }
  | { readonly ok: false; readonly problem: ClientEventProblem };

/** Reads one text message of the data channel. Never throws. */
export function parseClientEvent(text: string): ParsedClientEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return problem('invalid_json', 'The message is not valid JSON.', null, null);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return problem('invalid_event', 'The message is not a JSON object.', null, null);
  }
  const { type, event_id } = json as { type?: unknown; event_id?: unknown };
  const eventId = typeof event_id === 'string' ? event_id : null;
  if (typeof type !== 'string') return problem('invalid_event', 'The event has no type.', 'type', eventId);
  if (!TYPES.has(type)) {
    return problem('unknown_event', `Unknown event type '${type.slice(0, 64)}'.`, 'type', eventId);
  }
  const parsed = clientEventSchema.safeParse(json);
  if (parsed.success) return { ok: true, event: parsed.data };
  const issue = parsed.error.issues[0];
  const param = issue?.path.join('.') || null;
  const where = param === null ? type : `${type}: ${param}`;
  return problem('invalid_event', `${where}: ${issue?.message ?? 'invalid'}`, param, eventId);
}

function problem(
  code: ClientEventProblem['code'],
  message: string,
  param: string | null,
  eventId: string | null,
): ParsedClientEvent {
  return { ok: false, problem: { code, message, param, eventId } };
}
