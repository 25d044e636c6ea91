import { z } from 'zod';

/**
 * Where the time of one answer went, in milliseconds on the call's media clock. `null`: the stage did not happen
 * (a typed question has no speech).
 */
export const turnTimingEventSchema = z.object({
  type: z.literal('visavis.turn.timing'),
  event_id: z.string(),
  response_id: z.string(),
  /** The user item that was answered. */
  item_id: z.string().nullable(),
  speech_end_ms: z.number().nullable(),
  vad_end_ms: z.number().nullable(),
  commit_ms: z.number(),
  prefill_done_ms: z.number().nullable(),
  first_token_ms: z.number().nullable(),
  first_sent_ms: z.number().nullable(),
  done_ms: z.number(),
  /** What a person feels. */
  speech_end_to_first_token_ms: z.number().nullable(),
  /** What the engine costs. */
  commit_to_first_token_ms: z.number().nullable(),
  /** The first token was ready before the turn was confirmed. */
  speculative: z.boolean(),
  output_tokens: z.number().int(),
});
export type TurnTimingEvent = z.infer<typeof turnTimingEventSchema>;

/** A frame entered the context. */
export const frameAttendedEventSchema = z.object({
  type: z.literal('visavis.frame.attended'),
  event_id: z.string(),
  item_id: z.string(),
  /** Time of the picture on the call's media clock (ms). */
  rtp_ms: z.number(),
  /** How long ago the picture was taken when this event was sent (ms): lets a client find it in its own history. */
  age_ms: z.number(),
  tokens: z.number().int(),
});
export type FrameAttendedEvent = z.infer<typeof frameAttendedEventSchema>;

/** What the model had before it when an answer began. */
export const contextEventSchema = z.object({
  type: z.literal('visavis.context'),
  event_id: z.string(),
  response_id: z.string(),
  tokens: z.number().int(),
  frames: z.array(z.object({ item_id: z.string(), rtp_ms: z.number() })),
});
export type ContextEvent = z.infer<typeof contextEventSchema>;
