import { z } from 'zod';
import { videoSourceSchema } from './shown-video.js';

/**
 * Where the time of one answer went. Instants are milliseconds on the call's media clock (on the gateway's own clock
 * in a call that has sent no audio). `null`: that stage did not happen; a typed question has no speech.
 */
export const turnTimingEventSchema = z.object({
  type: z.literal('visavis.turn.timing'),
  event_id: z.string(),
  response_id: z.string(),
  /** The utterance that was answered. */
  item_id: z.string().nullable(),
  speech_end_ms: z.number().nullable(),
  /** Arrival of the packet that held the last speech. */
  last_speech_packet_ms: z.number().nullable(),
  vad_end_ms: z.number().nullable(),
  commit_ms: z.number(),
  /** A duration: from the commit until the question was attended. */
  prefill_ms: z.number().nullable(),
  /** When the first token was ready; before the commit where the answer was speculative. */
  first_token_ms: z.number().nullable(),
  /** When the first token was handed to the data channel. */
  first_sent_ms: z.number().nullable(),
  done_ms: z.number(),
  /** What a person feels: until the first token was sent. */
  speech_end_to_first_token_ms: z.number().nullable(),
  /** What the engine costs: until the first token was sent. */
  commit_to_first_token_ms: z.number().nullable(),
  frames_attended: z.number().int(),
  output_tokens: z.number().int(),
  /** What was attended and generated ahead, in the pauses of this turn; null: nothing was. */
  speculation: z
    .object({
      /** The answer that was sent was begun ahead. */
      used: z.boolean(),
      /** Pauses in which an answer was begun. */
      tries: z.number().int(),
      /** Tokens generated in those of them that ended in more speech. */
      wasted_tokens: z.number().int(),
      /** How much sooner the first token was there than if it had been begun at the commit; 0 where none was used. */
      gain_ms: z.number(),
    })
    .nullable()
    .default(null),
});
export type TurnTimingEvent = z.infer<typeof turnTimingEventSchema>;

/** A frame entered the context. */
export const frameAttendedEventSchema = z.object({
  type: z.literal('visavis.frame.attended'),
  event_id: z.string(),
  /** The message that an `input_image` came in; for live video the frame's own id. */
  item_id: z.string(),
  /** Time of the picture on the call's media clock. */
  rtp_ms: z.number(),
  /** How long before this event the picture arrived: finds it in a client's own history. Null before any live picture. */
  age_ms: z.number().nullable(),
  tokens: z.number().int(),
  /** What the picture is of. Left out: it came in a message. */
  source: videoSourceSchema.optional(),
});
export type FrameAttendedEvent = z.infer<typeof frameAttendedEventSchema>;

/** What the model had before it when an answer began. */
export const contextEventSchema = z.object({
  type: z.literal('visavis.context'),
  event_id: z.string(),
  response_id: z.string(),
  /** Tokens of every kind. */
  tokens: z.number().int(),
  /** `source` left out: it came in a message. */
  frames: z.array(
    z.object({ item_id: z.string(), rtp_ms: z.number(), source: videoSourceSchema.optional() }),
  ),
  audio: z.array(z.object({ item_id: z.string(), start_ms: z.number(), end_ms: z.number() })),
});
export type ContextEvent = z.infer<typeof contextEventSchema>;

/** Something was taken out of the context, with all that was computed from it. */
export const contextRedactedEventSchema = z.object({
  type: z.literal('visavis.context.redacted'),
  event_id: z.string(),
  /** Of the messages; for live video the frames' own ids. What had been evicted before is not named. */
  item_ids: z.array(z.string()),
  /** That became free. */
  tokens: z.number().int(),
});
export type ContextRedactedEvent = z.infer<typeof contextRedactedEventSchema>;

/** What a call's camera and screen are given together, while there is less than all calls want together. */
export const capacityLevelSchema = z.object({
  /** What is given up, from the first on: `frame_rate`, `resolution` (where the engine takes smaller pictures), `window`. `full`: nothing. */
  rung: z.enum(['full', 'frame_rate', 'resolution', 'window']),
  /** What ran out last; null: nothing does any more. */
  reason: z.enum(['engine_time', 'kv_tokens', 'memory']).nullable(),
  /** Least time between two frames that are attended. */
  frame_interval_ms: z.number(),
  frame_width: z.number().int(),
  frame_height: z.number().int(),
  /** In the context at most. */
  max_frames: z.number().int(),
});
export type CapacityLevel = z.infer<typeof capacityLevelSchema>;

/**
 * A part that the call rests on is lost for good, and the call goes on without. The same is said by an `error` event of code
 * `part_lost`, which every client gets. Or (`capacity`) the call is given less than before, or more again: `level` says what.
 */
export const degradedEventSchema = z.object({
  type: z.literal('visavis.degraded'),
  event_id: z.string(),
  /** `hearing`: speech is not detected. `video`: nothing is seen. `engine`: nothing is answered. */
  part: z.enum(['hearing', 'video', 'engine', 'capacity']),
  /** With `capacity` only. */
  level: capacityLevelSchema.optional(),
});
export type DegradedEvent = z.infer<typeof degradedEventSchema>;
