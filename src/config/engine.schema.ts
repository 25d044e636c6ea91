import { z } from 'zod';

/** Of a picture: `448x336`, or `448x336@80` with its JPEG quality. */
const pictureForm = z
  .string()
  .regex(/^(?:none|\d{2,4}x\d{2,4}(?:@\d{1,3})?)$/, {
    error: 'must be none, or a size such as 448x336 or 448x336@80',
  })
  .transform((text, context) => {
    if (text === 'none') return 'none' as const;
    const [width = 0, height = 0, quality = 80] = text.split(/[x@]/).map(Number);
    const even = width % 2 === 0 && height % 2 === 0;
    if (
      even &&
      Math.min(width, height) >= 32 &&
      Math.max(width, height) <= 2048 &&
      quality >= 1 &&
      quality <= 100
    )
      return { width, height, quality };
    context.addIssue('must have even sides of 32 to 2048, and a quality of 1 to 100');
    return z.NEVER;
  });

const baseUrls = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .pipe(
    z
      .array(
        z
          .url({ protocol: /^https?$/, error: 'must be a comma-separated list of http or https URLs' })
          .refine(
            (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).search === ''),
            { error: 'must hold no credentials and no query: the key belongs into VISAVIS_ENGINE_KEY_FILE' },
          ),
      )
      .min(1),
  );

/** The settings that say who computes, as the environment spells them. */
export const engineSchema = {
  /** The model folder in this process, or inference servers of others. */
  VISAVIS_ENGINE: z.enum(['local', 'remote']).default('local'),
  /** Base URLs of replicas of one model. */
  VISAVIS_ENGINE_URL: baseUrls.optional(),
  /** Default: the first that the server lists. */
  VISAVIS_ENGINE_MODEL: z.string().min(1).optional(),
  /** File that holds the bearer token and nothing else. */
  VISAVIS_ENGINE_KEY_FILE: z.string().min(1).optional(),
  VISAVIS_ENGINE_FLAVOUR: z.enum(['auto', 'vllm', 'sglang', 'llama', 'openai']).default('auto'),
  /** Header that carries the session's id, for routers. */
  VISAVIS_ENGINE_SESSION_HEADER: z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]{1,128}$/, { error: 'must be the name of a header, such as x-session-id' })
    .refine(
      (name) => !/^(authorization|host|content-(length|type)|connection|transfer-encoding)$/i.test(name),
      {
        error: 'must be a header that nothing else uses',
      },
    )
    .optional(),
  /** Frames in one request at most. */
  VISAVIS_ENGINE_MAX_FRAMES: z.coerce.number().int().min(1).max(512).default(48),
  VISAVIS_ENGINE_AUDIO: z.enum(['input_audio', 'audio_url', 'none']).default('input_audio'),
  VISAVIS_ENGINE_IMAGE: pictureForm.default({ width: 448, height: 336, quality: 80 }),
  /** Tokens of context; default: what the server says. */
  VISAVIS_ENGINE_CONTEXT: z.coerce.number().int().min(512).max(10_000_000).optional(),
  /** Calls at once. */
  VISAVIS_ENGINE_SESSIONS: z.coerce.number().int().min(1).max(10_000).default(32),
  /** Answers begun ahead that a call may ask for in a minute; 0: none. */
  VISAVIS_ENGINE_SPECULATIONS: z.coerce.number().int().min(0).max(600).default(20),
  /** Milliseconds after which a server hangs that has not begun to answer, although it was seen to be faster. */
  VISAVIS_ENGINE_SILENCE_MS: z.coerce.number().int().min(500).max(600_000).default(4000),
  /** Milliseconds between two pieces of an answer. */
  VISAVIS_ENGINE_IDLE_MS: z.coerce.number().int().min(500).max(600_000).default(8000),
  /** Milliseconds from a request to its first token, at the most. */
  VISAVIS_ENGINE_FIRST_TOKEN_MS: z.coerce.number().int().min(1000).max(600_000).default(30_000),
  /** A server of `/v1/audio/transcriptions`, and its model. */
  VISAVIS_ENGINE_TRANSCRIBE_URL: baseUrls
    .pipe(z.array(z.string()).length(1, { error: 'must be one URL' }))
    .optional(),
  VISAVIS_ENGINE_TRANSCRIBE_MODEL: z.string().min(1).default('whisper-1'),
  /** Who writes down what is said for a model that hears nothing: the model of VISAVIS_MODEL, or nobody. */
  VISAVIS_ENGINE_EAR: z.enum(['local', 'none']).default('local'),
} as const;
