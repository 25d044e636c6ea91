import type { SessionPatch } from '@vis-a-vis/protocol';

/** A track of the browser's (`MediaStreamTrack`), by what the SDK needs of it. */
export interface MediaTrack {
  readonly kind: string;
  readonly id: string;
  enabled: boolean;
  stop(): void;
}

/** A microphone or a camera made of files, of `@vis-a-vis/client/node`. */
export interface MediaFeed {
  readonly feeds: 'microphone' | 'camera';
}

/** `true`: the browser's default; a string: a device's id; or a track, or, in Node, `new Microphone()`, which are the application's to stop. */
export type MicrophoneSource = boolean | string | MediaTrack | MediaFeed;

/** `true`: the browser's default; `user` or `environment`: by where it faces; another string: a device's id; or a track, or, in Node, `new Camera(clip)`. */
export type CameraSource = boolean | string | MediaTrack | MediaFeed;

/** A picture: a data URL, the bytes of a PNG, JPEG, WebP or GIF file, or in browsers what can be drawn (canvas, `<img>`, bitmap, video). */
export type ImageSource = string | Uint8Array | ArrayBuffer | Blob | DrawableImage;

/** What a browser can draw onto a canvas: a canvas, an image, a bitmap, a video (its `width` and `height` are found by the SDK). */
export interface DrawableImage {
  readonly width: number;
  readonly height: number;
}

export interface IceServerOption {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** A camera, microphone or loudspeaker that the browser has. */
export interface Device {
  readonly id: string;
  readonly kind: 'microphone' | 'camera' | 'speaker';
  /** Empty until the person has allowed one of them. */
  readonly label: string;
}

/** How one sentence is read. */
export interface Utterance {
  readonly text: string;
  /** Aborted where the reading is to stop at once. */
  readonly signal: AbortSignal;
  /** To be called as it goes on, with how many characters of the text have been said; a voice that cannot tell calls it never. */
  readonly heard: (characters: number) => void;
}

/** What reads aloud. An application may bring its own. */
export interface Voice {
  /** @returns when the last sound has been heard, or the signal is aborted */
  speak(utterance: Utterance): Promise<void>;
}

/** How the browser's `speechSynthesis` reads. */
export interface VoiceOptions {
  /** BCP 47. Default: that of the page. */
  readonly lang?: string;
  /** A voice's name, as `speechSynthesis.getVoices()` has it. Default: the browser's choice for the language. */
  readonly name?: string;
  /** 0.1..10. Default 1. */
  readonly rate?: number;
}

export interface SpeakOptions extends VoiceOptions {
  /** Default: the browser's `speechSynthesis`. */
  readonly voice?: Voice;
  /** Speech of the person (ms) that ends the reading. Until then, it pauses. Default 400. */
  readonly bargeInMs?: number;
  /**
   * What keeps the microphone from hearing the voice, beside the browser's echo cancellation. `gate` (default): while the voice
   * reads, only what is clearly louder than its echo passes; `mute`: nothing passes, so that the voice cannot be interrupted by
   * speech; `none`: everything does, which is right for headphones.
   */
  readonly echo?: 'gate' | 'mute' | 'none';
}

/** A JSON schema, which the gateway passes on to the model as it is. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ToolCall {
  readonly callId: string;
  /** Aborted where the answer that asked for it is interrupted, or the call ends. */
  readonly signal: AbortSignal;
}

/** A function that the model may call. */
export interface ToolDefinition<Args = Record<string, unknown>> {
  readonly name: string;
  readonly description?: string;
  /** Of the arguments. Default: an object without properties. */
  readonly parameters?: JsonSchema;
  /** @returns what the model is told: a string as it is, anything else as JSON. What is thrown, it is told as an error. */
  readonly run: (args: Args, call: ToolCall) => unknown;
}

export interface ReconnectOptions {
  /** How long it is tried (ms). Default 90,000: a gateway knows within 30 s that a connection is lost, and keeps its call for a minute then. */
  readonly forMs?: number;
  /** The first wait, which doubles with each try (ms). Default 500. */
  readonly firstMs?: number;
  /** The longest wait (ms). Default 8,000. */
  readonly maxMs?: number;
  /** The gateway is asked to keep the call for as long as its network is away, so that it goes on over another connection. Default: yes. */
  readonly resume?: boolean;
}

export interface ConnectOptions {
  /** The gateway: `https://host` or `https://host/path`. In a page, default: the folder that it came from. */
  readonly url?: string | URL;
  /** A key of the gateway, for programs. Pages hold no lasting keys. */
  readonly key?: string;
  /** A client secret (`ek_…`) or a token. */
  readonly secret?: string;
  /** Fetches a secret, each time that one is needed: to connect, and to connect again. */
  readonly getSecret?: () => string | Promise<string>;
  /** Default: none, silence is sent. */
  readonly microphone?: MicrophoneSource;
  /** Default: none. */
  readonly camera?: CameraSource;
  /** A screen beside the camera: `true` asks the person which one. In Node it takes the camera's place. */
  readonly screen?: boolean | MediaTrack;
  /** Reads answers aloud. Default: no. */
  readonly speak?: boolean | SpeakOptions;
  /** Functions that the model may call; further ones by `call.tool`. */
  readonly tools?: readonly ToolDefinition<never>[];
  readonly instructions?: string;
  /** The session from the start; fields left out have the gateway's defaults. Vendor events are asked for by default. */
  readonly session?: SessionPatch;
  /** Servers for ICE (STUN, TURN). Default: those that the gateway names; an empty list: none. */
  readonly iceServers?: readonly IceServerOption[];
  /** `relay`: by TURN alone, so that the gateway does not learn the user's address (browsers). Default `all`. */
  readonly iceTransportPolicy?: 'all' | 'relay';
  /** Default: yes, for a minute and a half. False: a connection that is lost ends the call. */
  readonly reconnect?: boolean | ReconnectOptions;
  /** `camera-off`: a page that is not looked at shows nothing, and shows again when it is. Default `keep`. */
  readonly whenHidden?: 'keep' | 'camera-off';
  /** How long connecting may take (ms). Default 15,000. */
  readonly timeoutMs?: number;
  /** Aborted while it connects: `connect` throws its reason. Later: the call is closed. */
  readonly signal?: AbortSignal;
}
