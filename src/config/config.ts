import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IceServer } from '@vis-a-vis/protocol';
import type { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import type { CaptureLimits } from '../capture/core/limits.js';
import type { BudgetLimits } from '../realtime/core/admission/limits.js';
import { configSchema } from './config.schema.js';
import { engineSchema } from './engine.schema.js';
import { serviceLinks } from './service-links.js';
import { tracingOf, type TracingConfig } from './telemetry.js';

/** An engine that others run. */
export interface RemoteEngineConfig {
  readonly urls: readonly string[];
  readonly model: string | undefined;
  /** Absolute path of the file of its key, or null for none. */
  readonly keyFile: string | null;
  readonly flavour: 'auto' | 'vllm' | 'sglang' | 'llama' | 'openai';
  readonly sessionHeader: string | undefined;
  readonly maxFrames: number;
  readonly audio: 'input_audio' | 'audio_url' | 'none';
  readonly image: { readonly width: number; readonly height: number; readonly quality: number } | 'none';
  readonly contextTokens: number | undefined;
  readonly maxSessions: number;
  readonly speculationsPerMinute: number;
  /** How long its servers are waited for. */
  readonly timeouts: { readonly silenceMs: number; readonly idleMs: number; readonly firstTokenMs: number };
  readonly localEar: boolean;
  readonly transcriptions: { readonly url: string; readonly model: string } | undefined;
}

/** The settings, checked and in the program's own names. Durations are milliseconds. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absolute path of the file of keys, or null for none. */
  readonly keysFile: string | null;
  /** Tokens of an identity provider, or null for none. */
  readonly jwt: { readonly jwksUrl: string; readonly issuer: string; readonly audience: string } | null;
  /** Whoever reaches the gateway is served, although it has no keys. */
  readonly allowAnonymous: boolean;
  /** Origins of pages, `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** `/path` without a slash at its end, `''` for the root, or null where it is not known. */
  readonly basePath: string | null;
  /** Absolute path of the model folder, or `hf:org/name@revision`. */
  readonly model: string;
  readonly hub: {
    /** Without a slash at its end. */
    readonly endpoint: string;
    /** Absolute path of a file with a token, or null for none. */
    readonly tokenFile: string | null;
    /** Absolute path of the folder for what is fetched. */
    readonly cache: string;
  };
  readonly frameIntervalMs: number;
  /** Of a client's video, kbit/s. */
  readonly videoKbps: number;
  /** Clients are asked to send no audio packets in silence. */
  readonly audioDtx: boolean;
  readonly maxFrames: number;
  /** null: the engine is local. */
  readonly remoteEngine: RemoteEngineConfig | null;
  readonly engineWorkers: number;
  /** Calls at once. */
  readonly engineSessions: number;
  readonly engineStallMs: number;
  /** Processes that take calls; 1: this one. */
  readonly gateways: number;
  /** What running turns get when the gateway is asked to stop. */
  readonly drainMs: number;
  /** Longest time that a call is open. */
  readonly maxCallMs: number;
  /** How far ahead of real time audio may be appended. */
  readonly audioAheadMs: number;
  /** What all calls may use together; null: no bound. */
  readonly budgets: BudgetLimits;
  /** How long a call is kept whose client's network has gone (ms); 0: none is. */
  readonly resumeWindowMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** The UDP port of all calls, or null for one a call. */
  readonly iceUdpPort: number | null;
  /** `[min, max]` of the UDP ports for media, or null for any. */
  readonly icePortRange: readonly [number, number] | null;
  /** Addresses to offer; empty means all interfaces. */
  readonly iceHosts: readonly string[];
  /** What clients are told for their ICE. */
  readonly iceServers: readonly IceServer[];
  /** Absolute path of the file with the secret of the TURN servers, or null for none. */
  readonly turnSecretFile: string | null;
  readonly turnTtlS: number;
  readonly vadModel: 'v6' | 'legacy';
  readonly turnModel: 'auto' | 'model' | 'smart-turn' | 'none';
  /** Absolute path of the models that judge sounds. */
  readonly judgeFolder: string;
  readonly tentativePauseMs: number;
  /** Where every call is recorded, and how much of it; null: none is. */
  readonly capture: CaptureLimits | null;
  /** null: there are no traces. */
  readonly tracing: TracingConfig | null;
}

export const CONFIG = Symbol('Config');

/** They belong to the program, wherever it is started: `src/` and `dist/src/` lie at different depths. */
const JUDGE_FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../models/turns' : '../../../models/turns', import.meta.url),
);
const PREFIX = 'VISAVIS_';
/** Of the settings of engines. */
const OF_BOTH_ENGINES = new Set(['VISAVIS_ENGINE', 'VISAVIS_ENGINE_SESSIONS']);
const MIB = 1024 * 1024;

/**
 * Reads the settings from an environment. What an orchestrator put there about a service named like us is none.
 * @throws VisavisError `bad_config`; its message has one line for each bad setting.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const links = serviceLinks(env, PREFIX);
  const own = Object.fromEntries(Object.entries(env).filter(([key]) => !links.has(key)));
  const unknown = Object.keys(own).filter((key) => key.startsWith(PREFIX) && !(key in configSchema.shape));
  const parsed = configSchema.safeParse(withoutEmpty(own));
  const lines = unknown.map((key) => `${key}: there is no such setting`);
  lines.push(...withoutRemote(withoutEmpty(own)));
  if (!parsed.success) {
    lines.push(
      ...parsed.error.issues.map((issue) => `${issue.path[0]?.toString() ?? 'VISAVIS'}: ${issue.message}`),
    );
  }
  if (!parsed.success || lines.length > 0) throw new VisavisError('bad_config', lines.join('\n'));
  const c = parsed.data;
  return {
    port: c.VISAVIS_PORT,
    host: c.VISAVIS_HOST,
    keysFile: c.VISAVIS_API_KEYS_FILE === undefined ? null : resolve(c.VISAVIS_API_KEYS_FILE),
    jwt: jwtOf(c),
    allowAnonymous: c.VISAVIS_ALLOW_ANONYMOUS,
    corsOrigins: c.VISAVIS_CORS_ORIGINS,
    trustedProxies: c.VISAVIS_TRUSTED_PROXIES,
    basePath: c.VISAVIS_BASE_PATH ?? null,
    model: c.VISAVIS_MODEL.startsWith('hf:') ? c.VISAVIS_MODEL : resolve(c.VISAVIS_MODEL),
    hub: {
      endpoint: c.VISAVIS_HUB_URL.replace(/\/+$/, ''),
      tokenFile: c.VISAVIS_HUB_TOKEN_FILE === undefined ? null : resolve(c.VISAVIS_HUB_TOKEN_FILE),
      cache: resolve(c.VISAVIS_CACHE ?? join(c.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vis-a-vis')),
    },
    frameIntervalMs: c.VISAVIS_FRAME_INTERVAL_MS,
    videoKbps: c.VISAVIS_VIDEO_KBPS,
    audioDtx: c.VISAVIS_AUDIO_DTX,
    maxFrames: maxFramesOf(c),
    remoteEngine: remoteOf(c),
    engineWorkers: c.VISAVIS_ENGINE_WORKERS,
    engineSessions: c.VISAVIS_ENGINE_SESSIONS,
    engineStallMs: c.VISAVIS_ENGINE_STALL_MS,
    gateways: c.VISAVIS_GATEWAYS,
    drainMs: c.VISAVIS_DRAIN_MS,
    maxCallMs: c.VISAVIS_MAX_CALL_MINUTES * 60_000,
    audioAheadMs: c.VISAVIS_AUDIO_AHEAD_MS,
    budgets: budgetsOf(c),
    resumeWindowMs: c.VISAVIS_RESUME_WINDOW_MS,
    logLevel: c.VISAVIS_LOG_LEVEL,
    iceUdpPort: c.VISAVIS_ICE_UDP_PORT ?? null,
    icePortRange:
      c.VISAVIS_ICE_PORT_MIN === undefined || c.VISAVIS_ICE_PORT_MAX === undefined
        ? null
        : [c.VISAVIS_ICE_PORT_MIN, c.VISAVIS_ICE_PORT_MAX],
    iceHosts: c.VISAVIS_ICE_HOSTS,
    iceServers: c.VISAVIS_ICE_SERVERS,
    turnSecretFile: c.VISAVIS_TURN_SECRET_FILE === undefined ? null : resolve(c.VISAVIS_TURN_SECRET_FILE),
    turnTtlS: c.VISAVIS_TURN_TTL_S,
    vadModel: c.VISAVIS_VAD_MODEL,
    turnModel: c.VISAVIS_TURN_MODEL,
    judgeFolder: JUDGE_FOLDER,
    tentativePauseMs: c.VISAVIS_TENTATIVE_PAUSE_MS,
    capture: captureOf(c),
    tracing: tracingOf(c),
  };
}

/** A model of our own is run: it answers, or hears for one that does. */
export const needsModel = ({ remoteEngine }: Pick<Config, 'remoteEngine'>): boolean =>
  remoteEngine === null || remoteEngine.localEar;

/** Settings of inference servers, where none is asked: whoever set them takes them to be in use. */
function withoutRemote(env: Readonly<Record<string, string>>): string[] {
  if ((env['VISAVIS_ENGINE'] ?? 'local') !== 'local') return [];
  return Object.keys(engineSchema)
    .filter((key) => key in env && !OF_BOTH_ENGINES.has(key))
    .map((key) => `${key}: is for VISAVIS_ENGINE=remote alone`);
}

function maxFramesOf(c: z.infer<typeof configSchema>): number {
  const { VISAVIS_MAX_FRAMES: ours, VISAVIS_ENGINE_MAX_FRAMES: servers } = c;
  return c.VISAVIS_ENGINE === 'remote' ? Math.min(ours, servers) : ours;
}

function budgetsOf(c: z.infer<typeof configSchema>): Config['budgets'] {
  return {
    maxCalls: c.VISAVIS_MAX_CALLS ?? null,
    maxKvTokens: c.VISAVIS_MAX_KV_TOKENS ?? null,
    maxMemoryBytes: c.VISAVIS_MAX_MEMORY_MB === undefined ? null : c.VISAVIS_MAX_MEMORY_MB * 1024 * 1024,
    maxFrameLagMs: c.VISAVIS_MAX_FRAME_LAG_MS || null,
    maxAnswerLagMs: c.VISAVIS_MAX_FIRST_TOKEN_MS ?? null,
    recoverMs: c.VISAVIS_RECOVER_MS,
    frameIntervalMs: c.VISAVIS_FRAME_INTERVAL_MS,
    maxFrames: maxFramesOf(c),
  };
}

function remoteOf(c: z.infer<typeof configSchema>): RemoteEngineConfig | null {
  if (c.VISAVIS_ENGINE === 'local') return null;
  const [url] = c.VISAVIS_ENGINE_TRANSCRIBE_URL ?? [];
  return {
    urls: c.VISAVIS_ENGINE_URL ?? [],
    model: c.VISAVIS_ENGINE_MODEL,
    keyFile: c.VISAVIS_ENGINE_KEY_FILE === undefined ? null : resolve(c.VISAVIS_ENGINE_KEY_FILE),
    flavour: c.VISAVIS_ENGINE_FLAVOUR,
    sessionHeader: c.VISAVIS_ENGINE_SESSION_HEADER,
    maxFrames: c.VISAVIS_ENGINE_MAX_FRAMES,
    audio: c.VISAVIS_ENGINE_AUDIO,
    image: c.VISAVIS_ENGINE_IMAGE,
    contextTokens: c.VISAVIS_ENGINE_CONTEXT,
    maxSessions: c.VISAVIS_ENGINE_SESSIONS,
    speculationsPerMinute: c.VISAVIS_ENGINE_SPECULATIONS,
    timeouts: {
      silenceMs: c.VISAVIS_ENGINE_SILENCE_MS,
      idleMs: c.VISAVIS_ENGINE_IDLE_MS,
      firstTokenMs: c.VISAVIS_ENGINE_FIRST_TOKEN_MS,
    },
    localEar: c.VISAVIS_ENGINE_EAR === 'local',
    transcriptions: url === undefined ? undefined : { url, model: c.VISAVIS_ENGINE_TRANSCRIBE_MODEL },
  };
}

function captureOf(c: z.infer<typeof configSchema>): Config['capture'] {
  if (c.VISAVIS_CAPTURE_DIR === undefined) return null;
  return {
    dir: resolve(c.VISAVIS_CAPTURE_DIR),
    callMs: c.VISAVIS_CAPTURE_MINUTES * 60_000,
    callBytes: c.VISAVIS_CAPTURE_CALL_MB * MIB,
    folderBytes: c.VISAVIS_CAPTURE_FOLDER_MB * MIB,
  };
}

function jwtOf(c: z.infer<typeof configSchema>): Config['jwt'] {
  const { VISAVIS_JWT_JWKS_URL: jwksUrl, VISAVIS_JWT_ISSUER: issuer, VISAVIS_JWT_AUDIENCE: audience } = c;
  return jwksUrl === undefined || issuer === undefined || audience === undefined
    ? null
    : { jwksUrl, issuer, audience };
}

/** `VISAVIS_X=` means the default: that is how a compose file leaves a setting out. */
function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  return Object.fromEntries(entries);
}
