import type { ModelCaps, Session, SessionPatch, TurnDetection, TurnEndSource } from './session.js';
import type { Transcription } from './transcription.js';

const SERVER_VAD_DEFAULTS = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
  idle_timeout_ms: null,
} as const satisfies TurnDetection;

const SEMANTIC_VAD_DEFAULTS = {
  type: 'semantic_vad',
  eagerness: 'auto',
  create_response: true,
  interrupt_response: true,
} as const satisfies TurnDetection;

const NO_CAPS: ModelCaps = { tools: false, instructions: false, transcription: false };

/**
 * A new session, before the client asked for anything.
 * @param turnEnd what `semantic_vad` will go by with this model
 */
export function defaultSession(
  id: string,
  model: string,
  turnEnd: TurnEndSource = 'silence',
  caps: ModelCaps = NO_CAPS,
): Session {
  const format = { type: 'audio/pcm', rate: 24_000 };
  return {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    output_modalities: ['text'],
    instructions: '',
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at: 0,
    include: null,
    audio: {
      input: {
        format,
        transcription: null,
        noise_reduction: null,
        turn_detection: { ...SERVER_VAD_DEFAULTS },
      },
      output: { format, voice: null, speed: 1 },
    },
    visavis: {
      events: [],
      video: true,
      camera_off: 'keep',
      speculation: true,
      barge_in_ms: 200,
      reading_chars_per_s: null,
      visual_turns: false,
      turn_end: turnEnd,
      caps,
    },
  };
}

/**
 * The session after an update. Fields that the patch leaves out stay as they are; `id` and `model` are the server's,
 * and `output_modalities` is always `["text"]`, whatever was asked for.
 */
export function mergeSession(session: Session, patch: SessionPatch): Session {
  const input = patch.audio?.input;
  const output = patch.audio?.output;
  return {
    ...session,
    instructions: patch.instructions ?? session.instructions,
    tools: patch.tools ?? session.tools,
    tool_choice: patch.tool_choice ?? session.tool_choice,
    max_output_tokens: patch.max_output_tokens ?? session.max_output_tokens,
    tracing: given(patch.tracing, session.tracing),
    truncation: given(patch.truncation, session.truncation),
    prompt: given(patch.prompt, session.prompt),
    include: given(patch.include, session.include),
    audio: {
      input: {
        format: merged(session.audio.input.format, input?.format),
        transcription: transcriptionOf(session, input?.transcription),
        noise_reduction: given(input?.noise_reduction, session.audio.input.noise_reduction),
        turn_detection: mergeTurnDetection(session.audio.input.turn_detection, input?.turn_detection),
      },
      output: {
        format: merged(session.audio.output.format, output?.format),
        voice: given(output?.voice, session.audio.output.voice),
        speed: output?.speed ?? session.audio.output.speed,
      },
    },
    visavis: merged(session.visavis, patch.visavis),
  };
}

/** null turns it off. The model that writes down what is said is the session's own, whichever was asked for. */
function transcriptionOf(session: Session, patch: Transcription | null | undefined): Transcription | null {
  const current = session.audio.input.transcription;
  if (patch === undefined || patch === null) return patch === null ? null : current;
  return { ...merged(current ?? {}, patch), model: session.model };
}

type TurnDetectionPatch = NonNullable<NonNullable<SessionPatch['audio']>['input']>['turn_detection'];

/** null turns detection off; the same type is merged over the current one; another type starts from its defaults. */
function mergeTurnDetection(current: TurnDetection, patch: TurnDetectionPatch): TurnDetection {
  if (patch === undefined) return current;
  if (patch === null) return null;
  if (patch.type === 'server_vad') {
    const base = current?.type === 'server_vad' ? current : SERVER_VAD_DEFAULTS;
    return merged<Extract<TurnDetection, { type: 'server_vad' }>>(base, patch);
  }
  const base = current?.type === 'semantic_vad' ? current : SEMANTIC_VAD_DEFAULTS;
  return merged<Extract<TurnDetection, { type: 'semantic_vad' }>>(base, patch);
}

/** The patch's value, where it has one; null is a value. */
function given<T>(value: T | undefined, current: T): T {
  return value === undefined ? current : value;
}

function merged<T extends object>(
  base: T,
  patch: { [K in keyof T]?: T[K] | undefined } | null | undefined,
): T {
  const entries = Object.entries(patch ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(entries) };
}
