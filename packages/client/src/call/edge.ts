import type { ResumeRequest, SessionPatch } from '@vis-a-vis/protocol';
import type { CallError } from '../errors.js';
import type { CameraSource, Device, ImageSource, MicrophoneSource, Voice } from './options.js';

/** What became of a connection. `interrupted`: nothing comes through for now; `closed`: for good; `hung_up`: the gateway ended it. */
export type LinkState = 'up' | 'interrupted' | 'closed' | 'hung_up';

/** Is told by a connection. */
export interface LinkListener {
  message(text: string): void;
  state(state: LinkState, why: string): void;
}

/** What a connection measures; null: not known (yet). */
export interface LinkStats {
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  /** Of what was sent lately, 0..1. */
  readonly loss: number | null;
  /** The peer connection's own statistics, by their ids. */
  readonly report: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** One connection to the gateway, which carries a call's events and media. A call may outlive it. */
export interface Link {
  /** Bytes of UTF-8 that one message may have. */
  readonly maxMessageBytes: number;
  send(text: string): void;
  /**
   * Seeks another way to the gateway. Resolves when it is connected.
   * @throws CallError with the gateway's code (`not_found`: it has no such call any more), `connect_failed`, `connect_timeout`
   */
  restart(signal: AbortSignal): Promise<void>;
  stats(): Promise<LinkStats>;
  close(): void;
}

/** What a person is heard and seen by; it outlives a connection, and there may be two of them for a while: the newest counts. */
export interface Media {
  readonly muted: boolean;
  readonly cameraOn: boolean;
  mute(muted: boolean): void;
  /** @throws CallError `permission_denied`, `no_device`, `device_busy`, `device_failed`, `not_supported` */
  useMicrophone(source: MicrophoneSource): Promise<void>;
  /** @param source null: no pictures any more. @throws CallError as `useMicrophone` */
  useCamera(source: CameraSource | null): Promise<void>;
  /** @param source null: no screen any more. @throws CallError as `useMicrophone` */
  useScreen(source: CameraSource | null): Promise<void>;
  /** While a voice reads, what is not clearly louder than it does not pass the microphone. */
  gate(reading: boolean): void;
  /** How loud the microphone is now, 0..1; null: not known. */
  level(): number | null;
  close(): void;
}

/** Is told by what is around a call: its devices, its page, its network. */
export interface SurroundingsListener {
  /** A device has gone, or a person has stopped to share a screen. */
  trackEnded(kind: 'microphone' | 'camera' | 'screen'): void;
  devicesChanged(): void;
  /** The page is looked at again, or the network is back: what was being waited for can be tried at once. */
  awake(): void;
  /** The page is not looked at any more. */
  hidden(): void;
  /** The page is closed, or another takes its place: nobody comes back to the call. */
  left(): void;
}

export interface Timers {
  /** A monotonic clock (ms). */
  now(): number;
  /** @returns what cancels it */
  after(ms: number, run: () => void): () => void;
  /** 0..1 */
  random(): number;
}

/** What a connection begins with. */
export interface Opening {
  readonly session: SessionPatch;
  /** It goes on with the call that another connection has lost. */
  readonly resume?: ResumeRequest;
}

/** All that a call needs of the platform that it runs on. */
export interface Edge {
  readonly media: Media;
  readonly timers: Timers;
  /** What reads aloud where the application brings nothing; null: nothing there does. */
  readonly voice: Voice | null;
  /**
   * Opens a connection.
   * @throws CallError with the gateway's code, `connect_failed`, `connect_timeout`, or the signal's reason
   */
  dial(opening: Opening, told: LinkListener, signal: AbortSignal): Promise<Link>;
  /** @returns a data URL. @throws CallError `bad_image`, `message_too_large` where it cannot be made small enough */
  encodeImage(image: ImageSource, maxBytes: number): Promise<string>;
  devices(): Promise<readonly Device[]>;
  /** @returns what stops it */
  watch(told: SurroundingsListener): () => void;
}

export const SYSTEM_TIMERS: Timers = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** What is thrown for what: of the platform's errors, which have names. */
export type DeviceErrorCode = Extract<
  CallError['code'],
  'permission_denied' | 'no_device' | 'device_busy' | 'device_failed' | 'not_supported'
>;
