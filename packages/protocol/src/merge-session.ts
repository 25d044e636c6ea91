import { DEFAULT_AUDIO_FORMAT, toAudioFormat } from './audio-format.js';
import type {
  ModelCaps,
  Session,
  SessionPatch,
  TurnDetection,
  TurnEndSource,
  VendorSettings,
} from './session.js';
import { mergeShown } from './shown-video.js';
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

const VENDOR_DEFAULTS = {
  events: [],
  video: true,
  camera_off: 'keep',
  speculation: true,
  barge_in_ms: null,
  reading_chars_per_s: null,
  visual_turns: false,
  resume: false,
} as const satisfies VendorSettings;

const SEMANTIC_VAD_DEFAULTS = {
  type: 'semantic_vad',
  eagerness: 'auto',
  create_response: true,
  interrupt_response: true,
} as const satisfies TurnDetection;

/** What the server says of a session. */
export interface SessionFacts {
  /** Seconds since 1970. Default 0: not known. */
  readonly expiresAt?: number;
  /** What `semantic_vad` will go by with this gateway. Default `silence`. */
  readonly turnEnd?: TurnEndSource;
  /** Default: it can do nothing that another cannot. */
  readonly caps?: ModelCaps;
}

const NO_CAPS: ModelCaps = {
  tools: false,
  instructions: false,
  transcription: false,
  vision: true,
  videos: ['camera', 'screen'],
  audio: true,
  speech: 'heard',
  context_tokens: null,
  languages: null,
};

/** A new session, before the client asked for anything. */
export function defaultSession(id: string, model: string, facts: SessionFacts = {}): Session {
  const format = DEFAULT_AUDIO_FORMAT;
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
    expires_at: facts.expiresAt ?? 0,
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
    visavis: { ...VENDOR_DEFAULTS, turn_end: facts.turnEnd ?? 'silence', caps: facts.caps ?? NO_CAPS },
  };
}

/**
 * The session after an update. Fields that the patch leaves out stay as they are; `id` and `model` are the server's,
 * and `output_modalities` is always `["text"]`, whatever was asked for.
 */
export function mergeSession(session: Session, patch: SessionPatch): Session {
  const input = patch.audio?.input;
  const output = patch.audio?.output;
  const { video, ...vendor } = patch.visavis ?? {};
  return {
    ...session,
    instructions: patch.instructions ?? session.instructions,
    tools: patch.tools ?? session.tools,
    tool_choice: patch.tool_choice ?? session.tool_choice,
    max_output_tokens: patch.max_output_tokens ?? session.max_output_tokens,
    tracing: given(patch.tracing, session.tracing),
    // Nothing more can be told of anything.
    include: null,
    audio: {
      input: {
        format: input?.format ? toAudioFormat(input.format) : session.audio.input.format,
        transcription: transcriptionOf(session, input?.transcription),
        // There is none: what is asked for is not reported as if it were done.
        noise_reduction: null,
        turn_detection: mergeTurnDetection(session.audio.input.turn_detection, input?.turn_detection),
      },
      output: {
        format: output?.format ? toAudioFormat(output.format) : session.audio.output.format,
        voice: given(output?.voice, session.audio.output.voice),
        speed: output?.speed ?? session.audio.output.speed,
      },
    },
    visavis: {
      ...merged(session.visavis, vendor, VENDOR_DEFAULTS),
      video: mergeShown(session.visavis.video, video),
    },
  };
}

/** null turns it off. The model that writes down what is said is the session's own, whichever was asked for. */
function transcriptionOf(session: Session, patch: Transcription | null | undefined): Transcription | null {
  const current = session.audio.input.transcription;
  if (patch === undefined || patch === null) return patch === null ? null : current;
  const { language = current?.language, prompt = current?.prompt } = patch;
  return {
    model: session.model,
    ...(language !== undefined && { language }),
    ...(prompt !== undefined && { prompt }),
  };
}

type TurnDetectionPatch = NonNullable<NonNullable<SessionPatch['audio']>['input']>['turn_detection'];

/** null turns detection off; the same type is merged over the current one; another type starts from its defaults. */
function mergeTurnDetection(current: TurnDetection, patch: TurnDetectionPatch): TurnDetection {
  if (patch === undefined) return current;
  if (patch === null) return null;
  if (patch.type === 'server_vad') {
    const base = current?.type === 'server_vad' ? current : SERVER_VAD_DEFAULTS;
    return merged<Extract<TurnDetection, { type: 'server_vad' }>>(base, patch, SERVER_VAD_DEFAULTS);
  }
  const base = current?.type === 'semantic_vad' ? current : SEMANTIC_VAD_DEFAULTS;
  return merged<Extract<TurnDetection, { type: 'semantic_vad' }>>(base, patch, SEMANTIC_VAD_DEFAULTS);
}

/** The patch's value, where it has one; null is a value. */
function given<T>(value: T | undefined, current: T): T {
  return value === undefined ? current : value;
}

/** @param defaults what null stands for */
function merged<T extends object>(
  base: T,
  patch: { [K in keyof T]?: T[K] | null | undefined } | null | undefined,
  defaults: Partial<T>,
): T {
  const entries = Object.entries(patch ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, value ?? defaults[name as keyof T] ?? null]);
  return { ...base, ...Object.fromEntries(entries) };
}
