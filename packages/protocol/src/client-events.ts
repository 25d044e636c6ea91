import { z } from 'zod';
import { clientItemSchema } from './item.js';
import { readJson } from './json.js';
import { responseParamsSchema } from './response-params.js';
import { modernSession } from './older-session.js';
import { sessionPatchSchema } from './session.js';
import { check, type Problem } from './strict.js';
import { ofTier, type Tier } from './tier.js';

function event<T extends string, S extends z.ZodRawShape>(type: T, tier: Tier, shape: S) {
  const schema = z.strictObject({
    type: z.literal(type),
    event_id: z.string().max(512).optional(),
    ...shape,
  });
  return ofTier(tier, schema);
}

const itemId = z.string().min(1);

/** Every event that a client may send. */
export const clientEventSchema = z.discriminatedUnion('type', [
  event('session.update', 'extended', { session: sessionPatchSchema }),
  event('conversation.item.create', 'openai', {
    /** "root", or the id of the item before; left out: at the end. */
    previous_item_id: z.string().nullish(),
    item: clientItemSchema,
  }),
  event('conversation.item.retrieve', 'openai', { item_id: itemId }),
  event('conversation.item.delete', 'openai', { item_id: itemId }),
  event('conversation.item.truncate', 'extended', {
    item_id: itemId,
    content_index: z.number().int().min(0),
    audio_end_ms: z.number().min(0),
    /** Characters of the text that were read or heard; then `audio_end_ms` is not looked at. */
    visavis: z.strictObject({ characters: z.number().int().min(0) }).nullish(),
  }),
  event('input_audio_buffer.append', 'openai', { audio: z.base64() }),
  event('input_audio_buffer.commit', 'openai', {}),
  event('input_audio_buffer.clear', 'openai', {}),
  event('output_audio_buffer.clear', 'openai', {}),
  event('response.create', 'openai', { response: responseParamsSchema.nullish() }),
  event('response.cancel', 'openai', { response_id: z.string().nullish() }),
]);
export type ClientEvent = z.infer<typeof clientEventSchema>;

const TYPES: ReadonlySet<string> = new Set(
  clientEventSchema.options.map((option) => option.shape.type.value),
);

/** The largest message that a browser can receive, and that the gateway reads (bytes of UTF-8). */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Why a message was not understood; `eventId` is the client's own, to tie the error to. */
export interface ClientEventProblem {
  readonly code: 'unknown_event' | Problem['code'];
  readonly message: string;
  readonly param: string | null;
  readonly eventId: string | null;
  /** Which event it was to be; null: none that there is. */
  readonly type: ClientEvent['type'] | null;
}

export type ParsedClientEvent =
  | { readonly ok: true; readonly event: ClientEvent }
  | { readonly ok: false; readonly problem: ClientEventProblem };

/** Reads one text message. Never throws. */
export function parseClientEvent(text: string): ParsedClientEvent {
  const read = readJson(text);
  const json = read.value;
  if (!read.ok) return problem(read.problem.code, read.problem.message, null, eventIdOf(json));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return problem('invalid_event', 'The message is not a JSON object.', null, null);
  }
  const { type } = json as { type?: unknown };
  const eventId = eventIdOf(json);
  if (typeof type !== 'string') return problem('invalid_event', 'The event has no type.', 'type', eventId);
  if (!TYPES.has(type)) {
    return problem('unknown_event', `Unknown event type '${type.slice(0, 64)}'.`, 'type', eventId);
  }
  const checked = check(clientEventSchema, ofToday(json));
  if (checked.ok) return { ok: true, event: checked.value };
  const { code, message, param } = checked.problem;
  const told = code === 'invalid_event' ? `${type}: ${message}` : message;
  const known = type as ClientEvent['type'];
  return { ok: false, problem: { code, message: told, param, eventId, type: known } };
}

function eventIdOf(json: unknown): string | null {
  const { event_id } = (json ?? {}) as { event_id?: unknown };
  return typeof event_id === 'string' ? event_id : null;
}

/** Sessions may have the shape that they had before GA. */
function ofToday(event: object): object {
  return 'session' in event ? { ...event, session: modernSession(event.session) } : event;
}

function problem(
  code: ClientEventProblem['code'],
  message: string,
  param: string | null,
  eventId: string | null,
): ParsedClientEvent {
  return { ok: false, problem: { code, message, param, eventId, type: null } };
}
