import type { AudioFrame, RgbImage, VideoFrame, VideoSource } from '#modules/contracts';

import type { DropHandler, DropReason } from './drops.js';
import type { RtpIn, SenderReport } from './rtp.js';

/** Decodes one Opus stream straight to 16 kHz mono. Throws nothing: null means that the packet cannot be decoded. */
export interface OpusDecoder {
  decode(packet: Uint8Array): Float32Array | null;
  /** Recovers lost audio of `ticks` (48 kHz) from the packet after it; conceals where it holds no redundancy. */
  recover(packet: Uint8Array, ticks: number): Float32Array | null;
  /** Makes up `ticks` (48 kHz) of lost audio. */
  conceal(ticks: number): Float32Array | null;
  /** Forgets what it decoded: what comes next is of another encoder. */
  reset(): void;
  free(): void;
}

export type VideoCodec = 'vp8' | 'h264' | 'vp9' | 'av1';

/** What is wanted of a frame: the picture of this key frame, the newest there is, or only the state that later ones refer to. */
export type Want = 'key' | 'newest' | 'reference';

/** Opens a decoder for what comes with a payload type. */
export type OpenVideoDecoder = (codec: VideoCodec, payloadType: number) => VideoTrackDecoder;

/** One track's video decoder. Frames are decoded in the order given. */
export interface VideoTrackDecoder {
  /** Parameter sets of H264 that the client's offer has for this payload type. */
  readonly parameterSets: readonly Uint8Array[];
  /** Jobs under way. */
  readonly pending: number;
  /**
   * @returns never rejects; 'undecodable' also where the decoder was lost over it
   */
  decode(data: Uint8Array, want: Want): Promise<DecodedFrame | 'undecodable'>;
  close(): void;
}

export interface DecodedFrame {
  /** Null where no picture was asked for, or the stream has none to show yet. */
  readonly image: RgbImage | null;
  /** Time in the decoder (ms), without waiting. */
  readonly decodeMs: number;
}

/** A live video that a client may send, and what tells its packets from those of another. */
export interface AgreedVideo {
  readonly source: VideoSource;
  /** `a=mid` of its section; null: it has none. */
  readonly mid: string | null;
  /** SSRCs that the offer declares for it; there may be none, or not all. */
  readonly ssrcs: readonly number[];
  readonly payloadTypes: readonly number[];
}

/** What an offer and its answer came to, as far as a receiver needs it. */
export interface AgreedMedia {
  readonly payloadTypes: ReadonlyMap<number, 'opus' | VideoCodec>;
  /** The camera and the screen, as far as there are. */
  readonly videos: readonly AgreedVideo[];
  /** Parameter sets of H264 that are in the offer, by payload type. */
  readonly parameterSets: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly trackKinds: readonly ('audio' | 'video')[];
}

/** Told of what a call's receiver is given, as it is given it: decrypted. It throws nothing, and keeps no payload: its bytes are the socket's. */
export interface ReceptionTap {
  /** Before the first packet, and when an offer within the call changes it. */
  onAgreed(agreed: AgreedMedia): void;
  onRtp(packet: RtpIn, nowMs: number): void;
  onSenderReport(report: SenderReport, nowMs: number): void;
}

/** A receiver without a connection: what a {@link ReceptionTap} was told goes in, media come out, on the clock of who drives it. */
export interface Reception extends ReceptionTap {
  /** Moves time on: releases held packets, fills pauses. To be called every 20 ms. */
  tick(nowMs: number): void;
  stats(): MediaStats;
  close(): void;
}

export interface MediaHandlers {
  /** The client's first authenticated connectivity check has come: it has our answer, and reaches us. Once at most. */
  onChecked?(): void;
  /** The client has proved to be who the offer said, and media can flow. Once at most. */
  onConnected?(): void;
  /** Audio of the first audio track, gapless and in order. */
  onAudio(frame: AudioFrame): void;
  /** Sampled pictures of the camera and of the screen, each in order. */
  onVideo(frame: VideoFrame): void;
  /** A data channel opened (by the client: the service opens none). */
  onChannel(label: string): void;
  onMessage(label: string, data: string | Uint8Array): void;
  onDrop: DropHandler;
  /** A part that decodes for all calls is lost for good: the call goes on without it. At most once a part, also for a call that opens later. */
  onLost?(part: 'video', why: string): void;
  /**
   * Something threw that no code foresaw, here or in one of these handlers. The call hears nothing more, and whoever gives
   * this handler closes it; without it the call is closed as `failed`.
   */
  onBug?(where: string, error: unknown): void;
  /** The call is over; exactly once, and nothing comes after it. */
  onClosed(reason: CloseReason): void;
  /** Beside the receiver, for a record of the call. */
  readonly tap?: ReceptionTap | undefined;
}

export type CloseReason =
  /** The client ended it: DTLS close, SCTP abort, or its last data channel closed. */
  | 'closed_by_peer'
  /** `close()` was called. */
  | 'closed_by_us'
  /** ICE consent was lost, or DTLS failed. */
  | 'failed'
  /** It never connected. */
  | 'connect_timeout';

/**
 * What became of a message. `not_open`: its channel is not open (yet, or any more), or the call has ended. `too_large`: the
 * client said in its offer that it takes less.
 */
export type SendResult = 'sent' | 'not_open' | 'too_large';

export interface MediaStats {
  /** RTP packets received, by kind. */
  readonly packets: { readonly audio: number; readonly video: number };
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  /** Whole key frames received. */
  readonly keyFrames: number;
  /** Frames decoded, for a picture or for reference. */
  readonly decodedFrames: number;
  /** Mean time of one frame in the decoder, ms. */
  readonly decodeMs: number;
  /** Key frame requests sent. */
  readonly keyFrameRequests: number;
  /** Audio (ms) that was concealed, recovered by FEC, or filled with silence. */
  readonly audioMs: { readonly concealed: number; readonly recovered: number; readonly silence: number };
}

/** Our end of an ICE session. */
export interface LocalIce {
  readonly ufrag: string;
  readonly password: string;
  /** Values of `a=candidate`: all that there are. */
  readonly candidates: readonly string[];
  /** Kind and `a=mid` of the section that carries the transport. */
  readonly kind: string;
  readonly mid: string | null;
}

/** One client's connection. */
export interface MediaPeer {
  readonly id: string;
  /** The answer to the newest offer, with all of our candidates. */
  readonly answerSdp: string;
  /** What the client sends, in the order of its newest offer. */
  readonly trackKinds: readonly ('audio' | 'video')[];
  /** Our end of the newest ICE session. */
  readonly ice: LocalIce;
  /**
   * Candidates that the client found after its offer (values of `a=candidate`). What cannot be used is left out, and what belongs to
   * another ICE session than the newest: a candidate that says so, or all where `ufrag` is another's.
   * @returns how many were taken
   */
  addCandidates(candidates: readonly string[], ufrag?: string): number;
  /**
   * ICE anew within the call: its path is sought by new credentials, and the one in use is kept until another is found, however long that
   * takes. The same credentials again change nothing.
   * @throws VisavisError `session_closed`
   */
  restartIce(remote: { readonly ufrag: string; readonly password: string }): LocalIce;
  /**
   * Answers another offer within the call: tracks may come and go, and new ICE credentials restart ICE. DTLS and the data channels go on
   * as they are.
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, and nothing changes then; `session_closed`
   */
  renegotiate(offerSdp: string): string;
  /** Sends a text message, or says why not. Throws nothing, whatever state the connection is in. */
  send(label: string, text: string): SendResult;
  /** The largest text that the client takes, as it has said so far (bytes of UTF-8). */
  readonly largestMessageBytes: number;
  /** Bytes queued on a channel and not yet sent; 0 for an unknown channel. */
  bufferedAmount(label: string): number;
  /** All messages that were sent so far have come to the client. */
  readonly delivered: boolean;
  stats(): MediaStats;
  /** Idempotent; resolves when the sockets are closed. */
  close(): Promise<void>;
}
