import { z } from 'zod';
import { errorEventSchema } from './errors.js';
import { itemSchema } from './item.js';
import { responseSchema } from './response.js';
import { sessionExtrasSchema } from './resume.js';
import { sessionSchema } from './session.js';
import { transcriptUsageSchema } from './transcription.js';
import { ofTier, type Tier } from './tier.js';
import {
  contextEventSchema,
  contextRedactedEventSchema,
  degradedEventSchema,
  frameAttendedEventSchema,
  turnTimingEventSchema,
} from './vendor-events.js';

function event<T extends string, S extends z.ZodRawShape>(type: T, shape: S, tier: Tier = 'openai') {
  return ofTier(tier, z.object({ type: z.literal(type), event_id: z.string(), ...shape }));
}

const index = z.number().int().min(0);
const ofItem = { item_id: z.string() };
const ofResponse = { response_id: z.string(), output_index: index };
const ofCall = { ...ofResponse, item_id: z.string(), call_id: z.string() };
const ofTranscript = { item_id: z.string(), content_index: index };
const ofContent = { ...ofResponse, item_id: z.string(), content_index: index };
const placedItem = { previous_item_id: z.string().nullable(), item: itemSchema };
/** Here the type is "text", while the content of an item says "output_text": stock clients insist on both. */
const textPart = z.object({ type: z.literal('text'), text: z.string() });

/** Every event that the server sends. */
export const serverEventSchema = z.discriminatedUnion('type', [
  /** `visavis`: servers for the client's ICE, where the gateway has any; that the call is recorded, where that is so; how the client comes back, and what has become of that. */
  event('session.created', { session: sessionSchema, visavis: sessionExtrasSchema.optional() }, 'extended'),
  /** `visavis`: how the client comes back, where it has just asked for that. */
  event('session.updated', { session: sessionSchema, visavis: sessionExtrasSchema.optional() }, 'extended'),
  event('input_audio_buffer.speech_started', { ...ofItem, audio_start_ms: z.number() }),
  event('input_audio_buffer.speech_stopped', { ...ofItem, audio_end_ms: z.number() }),
  event('input_audio_buffer.committed', { ...ofItem, previous_item_id: z.string().nullable() }),
  event('input_audio_buffer.cleared', {}),
  event('input_audio_buffer.timeout_triggered', {
    ...ofItem,
    audio_start_ms: z.number(),
    audio_end_ms: z.number(),
  }),
  event('output_audio_buffer.cleared', {
    /** Of the latest response; empty: there was none. */
    response_id: z.string(),
  }),
  event('conversation.item.added', placedItem),
  event('conversation.item.done', placedItem),
  event('conversation.item.retrieved', { item: itemSchema }),
  event('conversation.item.deleted', ofItem),
  event('conversation.item.truncated', { ...ofItem, content_index: index, audio_end_ms: z.number() }),
  event('conversation.item.input_audio_transcription.delta', { ...ofTranscript, delta: z.string() }),
  event('conversation.item.input_audio_transcription.completed', {
    ...ofTranscript,
    transcript: z.string(),
    usage: transcriptUsageSchema,
  }),
  event('conversation.item.input_audio_transcription.failed', {
    ...ofTranscript,
    error: z.object({ type: z.string(), code: z.string(), message: z.string() }),
  }),
  event('response.created', { response: responseSchema }),
  event('response.output_item.added', { ...ofResponse, item: itemSchema }),
  event('response.content_part.added', { ...ofContent, part: textPart }),
  event('response.output_text.delta', { ...ofContent, delta: z.string() }),
  event('response.output_text.done', { ...ofContent, text: z.string() }),
  event('response.content_part.done', { ...ofContent, part: textPart }),
  event('response.function_call_arguments.delta', { ...ofCall, delta: z.string() }),
  event('response.function_call_arguments.done', { ...ofCall, name: z.string(), arguments: z.string() }),
  event('response.output_item.done', { ...ofResponse, item: itemSchema }),
  event('response.done', { response: responseSchema }),
  event('rate_limits.updated', {
    rate_limits: z.array(z.object({ name: z.enum(['requests', 'tokens']) })),
  }),
  ofTier('openai', errorEventSchema),
  ofTier('visavis', turnTimingEventSchema),
  ofTier('visavis', frameAttendedEventSchema),
  ofTier('visavis', contextEventSchema),
  ofTier('visavis', contextRedactedEventSchema),
  ofTier('visavis', degradedEventSchema),
]);
export type ServerEvent = z.infer<typeof serverEventSchema>;
export type ServerEventType = ServerEvent['type'];
export type ServerEventOf<T extends ServerEventType> = Extract<ServerEvent, { type: T }>;

/** A server event before it is given its id. */
export type ServerEventBody = ServerEvent extends infer E
  ? E extends ServerEvent
    ? Omit<E, 'event_id'>
    : never
  : never;
