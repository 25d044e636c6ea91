import { z } from 'zod';
import { audioFormatPatchSchema, audioFormatSchema } from './audio-format.js';
import { MAX_TEXT } from './limits.js';
import { modernSession } from './older-session.js';
import { shownVideoPatchSchema, shownVideoSchema, videoSourceSchema } from './shown-video.js';
import { check, type Checked } from './strict.js';
import { toolChoiceSchema, toolsSchema } from './tool.js';
import { transcriptionSchema } from './transcription.js';

/** Turn-taking by the gateway's voice activity detector. Durations are milliseconds. */
export const serverVadSchema = z.strictObject({
  type: z.literal('server_vad'),
  /** Speech probability above which a 32 ms window counts as speech, 0..1. Default 0.5. */
  threshold: z.number().min(0).max(1),
  /** Audio kept from before the detected start. Default 300. */
  prefix_padding_ms: z.number().int().min(0).max(5000),
  /** Silence after which the turn ends. Default 500. */
  silence_duration_ms: z.number().int().min(50).max(10_000),
  /** Answer as soon as the turn ends. Default true. */
  create_response: z.boolean(),
  /** Speech during an answer cancels it. Default true. */
  interrupt_response: z.boolean(),
  /** Silence after an answer that makes the model speak again, once. Default null: never. */
  idle_timeout_ms: z.number().int().min(5000).max(30_000).nullable(),
});

/** Turn-taking by eagerness: how sure the model must be that the turn is over, and how long a silence it takes. */
export const semanticVadSchema = z.strictObject({
  type: z.literal('semantic_vad'),
  eagerness: z.enum(['low', 'medium', 'high', 'auto']),
  create_response: z.boolean(),
  interrupt_response: z.boolean(),
});

export const turnDetectionSchema = z
  .discriminatedUnion('type', [serverVadSchema, semanticVadSchema])
  .nullable();
export type TurnDetection = z.infer<typeof turnDetectionSchema>;

/** Vendor events that a session can ask for. */
export const vendorEventNameSchema = z.enum(['turn.timing', 'frame.attended', 'context', 'degraded']);
export type VendorEventName = z.infer<typeof vendorEventNameSchema>;

/** What becomes of the live pictures in the context of a camera, or a screen, that goes off. */
export const cameraOffSchema = z.enum(['keep', 'redact']);

/** Settings of our own, in the session's field `visavis`. Durations are milliseconds. */
export const vendorSettingsSchema = z.strictObject({
  events: z.array(vendorEventNameSchema),
  /** Whose pictures are taken in: false for neither those of the camera nor of the screen. Default true. */
  video: shownVideoSchema,
  /** Default `keep`. */
  camera_off: cameraOffSchema,
  /** Attend and answer ahead in a pause; nothing is sent before the turn is confirmed. Default true. */
  speculation: z.boolean(),
  /**
   * Speech that it takes to interrupt an answer, which is held back meanwhile; 0: any speech, at once. Default null: words
   * that are meant to, not "uh-huh" or laughter.
   */
  barge_in_ms: z.number().int().min(0).max(5000).nullable(),
  /**
   * Characters a second at which the client reads answers aloud. Speech that begins while an answer is made, or would
   * still be read at that rate, is ignored. Default null: all speech is heard.
   */
  reading_chars_per_s: z.number().min(1).max(1000).nullable(),
  /** The model may speak first when something happens in view. Default false. */
  visual_turns: z.boolean(),
  /** The client comes back when its network has gone: until then its call is kept, as long as the gateway does that. Default false. */
  resume: z.boolean(),
});

export type VendorSettings = z.infer<typeof vendorSettingsSchema>;

/** What `semantic_vad` goes by: what is predicted, by the model or by the gateway's own judge of sounds, or, where nothing is, a silence for each eagerness. */
export const turnEndSourceSchema = z.enum(['model', 'silence']);
export type TurnEndSource = z.infer<typeof turnEndSourceSchema>;

/** What a model can do that another cannot. */
export const modelCapsSchema = z.object({
  /** False: it calls no tools. They are kept and reported; what demands a call is `tools_unsupported`. */
  tools: z.boolean(),
  /** False: `instructions` have no effect. */
  instructions: z.boolean(),
  /** False: every transcript that is asked for fails. */
  transcription: z.boolean(),
  /** False: it sees nothing. The camera's pictures are not taken in, and pictures in messages are `bad_image`. */
  vision: z.boolean(),
  /** Live videos that are taken in beside each other; none where it sees nothing. */
  videos: z.array(videoSourceSchema),
  /** False: the model itself hears nothing; see `speech`. */
  audio: z.boolean(),
  /** What becomes of what is said: the model hears it, it is written down for the model, or it is refused (`bad_audio`). */
  speech: z.enum(['heard', 'written_down', 'refused']),
  /** Tokens of context; null: not known. */
  context_tokens: z.number().nullable(),
  /** Languages (ISO 639-1) in which it may be spoken to; null: not known. */
  languages: z.array(z.string()).nullable(),
});
export type ModelCaps = z.infer<typeof modelCapsSchema>;

export const maxOutputTokensSchema = z.union([z.literal('inf'), z.number().int().min(1).max(4096)]);

/** The session object, as the server always reports it: whole. */
export const sessionSchema = z.object({
  type: z.literal('realtime'),
  object: z.literal('realtime.session'),
  id: z.string(),
  model: z.string(),
  output_modalities: z.array(z.literal('text')),
  instructions: z.string(),
  tools: toolsSchema,
  tool_choice: toolChoiceSchema,
  max_output_tokens: maxOutputTokensSchema,
  tracing: z.unknown(),
  truncation: z.unknown(),
  prompt: z.unknown(),
  /** Seconds since 1970: the session ends then at the latest. */
  expires_at: z.number(),
  include: z.array(z.string()).nullable(),
  audio: z.object({
    input: z.object({
      format: audioFormatSchema,
      transcription: transcriptionSchema.nullable(),
      noise_reduction: z.unknown(),
      turn_detection: turnDetectionSchema,
    }),
    output: z.object({ format: audioFormatSchema, voice: z.unknown(), speed: z.number() }),
  }),
  visavis: vendorSettingsSchema.extend({
    /** Reported only. */
    turn_end: turnEndSourceSchema,
    /** Reported only: what the model can do. */
    caps: modelCapsSchema,
  }),
});
export type Session = z.infer<typeof sessionSchema>;

/** Every field of a group may be left out, and null stands for its default: typed clients send it. */
function nullish<S extends z.ZodRawShape>(group: z.ZodObject<S>) {
  const fields = Object.entries(group.shape).map(([name, field]) => {
    const isType = name === 'type';
    return [name, isType ? field : (field as z.ZodType).nullish()];
  });
  return z.strictObject(
    Object.fromEntries(fields) as {
      [K in keyof S]: K extends 'type' ? S[K] : z.ZodOptional<z.ZodNullable<S[K]>>;
    },
  );
}

const audioInputPatchSchema = z.strictObject({
  format: audioFormatPatchSchema.nullish(),
  transcription: transcriptionSchema.nullish(),
  noise_reduction: z.unknown().optional(),
  turn_detection: z
    .discriminatedUnion('type', [nullish(serverVadSchema), nullish(semanticVadSchema)])
    .nullish(),
});

const audioOutputPatchSchema = z.strictObject({
  format: audioFormatPatchSchema.nullish(),
  voice: z.unknown().optional(),
  speed: z.number().nullish(),
});

/**
 * What a client may send. Every field is optional, and null where the session object cannot hold it means "leave it",
 * because stock clients send nulls; `turn_detection: null` turns detection off, and null inside of it is the default.
 * Fields that are not here are refused by name: see `parseSessionPatch`.
 */
export const sessionPatchSchema = z.strictObject({
  type: z.literal('realtime').nullish(),
  model: z.string().nullish(),
  output_modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  instructions: z.string().max(MAX_TEXT).nullish(),
  tools: toolsSchema.nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  max_output_tokens: maxOutputTokensSchema.nullish(),
  tracing: z.unknown().optional(),
  /** The gateway makes room by itself; another way is not to be had. */
  truncation: z.literal('auto').nullish(),
  /** There are no stored prompts. */
  prompt: z.null().optional(),
  include: z.array(z.string()).nullish(),
  audio: z
    .strictObject({ input: audioInputPatchSchema.nullish(), output: audioOutputPatchSchema.nullish() })
    .nullish(),
  visavis: nullish(vendorSettingsSchema).extend({ video: shownVideoPatchSchema.nullish() }).nullish(),
});
export type SessionPatch = z.infer<typeof sessionPatchSchema>;

/** Reads a session that a client sent, in today's shape or in that before GA. Never throws. */
export function parseSessionPatch(session: unknown): Checked<SessionPatch> {
  return check(sessionPatchSchema, modernSession(session), 'session');
}
