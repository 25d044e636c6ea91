import type { Guard } from '#modules/contracts';

/** Which server is spoken to; `auto` asks it. */
export type Flavour = 'vllm' | 'sglang' | 'llama' | 'openai';

/** How sound is sent: as OpenAI does (`input_audio`, WAV in base64), as a data URL (`audio_url`), or not at all. */
export type AudioForm = 'input_audio' | 'audio_url' | 'none';

/** How pictures are sent: JPEG data URLs of this size, or not at all. */
export type ImageForm =
  { readonly width: number; readonly height: number; readonly quality: number } | 'none';

/** Time and chance, as arguments: tests bring their own. */
export interface RemoteClock {
  /** Monotonic ms. */
  nowMs(): number;
  /** Calls once after `ms`. @returns takes it back */
  after(ms: number, callback: () => void): () => void;
}

/** Writes down what was said, for a model that hears nothing. */
export interface LocalEar {
  /** What does it, in a few words. */
  readonly name: string;
  /** Languages (ISO 639-1) that it knows; empty: not known. */
  readonly languages: readonly string[];
  /** @param pcm 16 kHz mono. @throws VisavisError */
  transcribe(pcm: Float32Array, o: { language: string | null; signal: AbortSignal }): Promise<string>;
}

/** Bounds of every wait (ms). */
export interface RemoteTimeouts {
  /** Until the server has begun to answer something that costs nothing. Default 5000. */
  readonly probeMs: number;
  /** Until a model that is tried at the start has answered. Default 60,000. */
  readonly firstUseMs: number;
  /**
   * A server that has not begun to answer, that answers nobody else either, and that was seen to be faster, hangs after this. Default 4000.
   */
  readonly silenceMs: number;
  /** Between two pieces of an answer; longer where the server has to read much for others meanwhile. Default 8000. */
  readonly idleMs: number;
  /** From a request to its first token at the most, and between two pieces, whatever else the server does. Default 30,000. */
  readonly firstTokenMs: number;
  /** How long a request that failed before its first token is tried again, here or elsewhere. Default 6000. */
  readonly retryMs: number;
}

/** Settings of the remote engine. What is left out has its default. */
export interface RemoteOptions {
  /** Base URLs of replicas of one model, with or without `/v1`. One at least. */
  readonly urls: readonly string[];
  /** Default: the first that the server lists. */
  readonly model?: string | undefined;
  /** Bearer token. Never logged. */
  readonly key?: string | undefined;
  /** Default `auto`. */
  readonly flavour?: Flavour | 'auto' | undefined;
  /** Header that carries the session's id, for routers that keep a session on one replica. Default: none. */
  readonly sessionHeader?: string | undefined;
  /** Frames in one request at most; the server's limit. Older frames of a session leave its context. Default 48. */
  readonly maxFrames?: number | undefined;
  /** Default `input_audio`; what the server refuses at the start is not sent. */
  readonly audio?: AudioForm | undefined;
  /** Default 448×336 of quality 80; what the server refuses at the start is not sent. */
  readonly image?: ImageForm | undefined;
  /** Tokens; default: what the server says, else 8192. */
  readonly contextTokens?: number | undefined;
  /** Sessions open at once, on all replicas together. Default 32. */
  readonly maxSessions?: number | undefined;
  /** Put before a tenant's name where the server keeps caches apart (`cache_salt`). Default: random, of this process. */
  readonly salt?: string | undefined;
  /** Answers begun ahead of their turn's end that a session may ask for in a minute; 0: none. Default 20. */
  readonly speculationsPerMinute?: number | undefined;
  /** Frames are sent ahead of the question. Default true; it ends by itself where the server keeps nothing. */
  readonly warm?: boolean | undefined;
  readonly timeouts?: Partial<RemoteTimeouts> | undefined;
  /**
   * Called once, where the model hears nothing: who writes down what is said for it; null: nobody. Default: nobody, and spoken
   * turns are refused.
   */
  readonly ear?: (() => Promise<LocalEar | null>) | undefined;
  /** A server that writes down what is said, for transcripts and for a model that hears nothing; it gets `key` too. Default: none. */
  readonly transcriptions?: { readonly url: string; readonly model: string } | undefined;
  /** Asked before each POST; null: that one is nobody's. */
  readonly trace?: ((url: string) => RequestTrace | null) | undefined;
  readonly clock?: RemoteClock | undefined;
  /** 0..1, 1 excluded. */
  readonly random?: (() => number) | undefined;
  /** Stands before what timers, sockets and threads call. Default: what it catches is lost. */
  readonly guard?: Guard | undefined;
  /** One line for an operator. Never holds what was said, shown or a key. Default: nobody is told. */
  readonly log?: ((level: 'info' | 'warn', line: string) => void) | undefined;
}

/** What is told of one request to a server while it runs. None of it throws. */
export interface RequestTrace {
  /** Sent with the request. */
  readonly headers: Readonly<Record<string, string>>;
  answered(status: number): void;
  /** The first of the answer's body is there. */
  begun(): void;
  failed(error: unknown): void;
  /** The answer was read to its end, or left. */
  end(): void;
}

export const DEFAULT_TIMEOUTS: RemoteTimeouts = {
  probeMs: 5000,
  firstUseMs: 60_000,
  silenceMs: 4000,
  idleMs: 8000,
  firstTokenMs: 30_000,
  retryMs: 6000,
};

export const DEFAULT_REMOTE = {
  flavour: 'auto',
  maxFrames: 48,
  audio: 'input_audio',
  image: { width: 448, height: 336, quality: 80 },
  maxSessions: 32,
  speculationsPerMinute: 20,
  warm: true,
} as const satisfies Partial<RemoteOptions>;
