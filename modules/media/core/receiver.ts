import type { AudioFrame, VideoFrame } from '#modules/contracts';

import { AudioReceiver, AudioStream, type AudioRepair } from './audio-receiver.js';
import type { DropReason } from './drops.js';
import { OPUS_CLOCK_RATE } from './opus-packet.js';
import type { AgreedVideo, MediaStats, OpenVideoDecoder, OpusDecoder, VideoCodec } from './ports.js';
import { ReceptionStats, type ReportBlock } from './receiver-report.js';
import { MediaClock } from './rtp-clock.js';
import type { RtpIn, SenderReport } from './rtp.js';
import { count, type Source } from './source.js';
import { Successor } from './successor.js';
import type { VideoCounts, VideoReceiver } from './video-receiver.js';
import { LiveVideos } from './videos/live-videos.js';

const REPORT_INTERVAL_MS = 1000;
const CAP_INTERVAL_MS = 500;
/** Audio streams that are remembered. */
const MAX_HEARD = 4;
const NONE: readonly number[] = [];

export interface ReceiverDeps {
  readonly opus: OpusDecoder;
  readonly openVideoDecoder: OpenVideoDecoder;
  /** One picture an interval of each video, ms. */
  readonly frameIntervalMs: number;
  readonly onAudio: (frame: AudioFrame) => void;
  readonly onVideo: (frame: VideoFrame) => void;
  readonly onDrop: (reason: DropReason, count: number) => void;
}

/** RTCP that the transport is to send. */
export interface Feedback {
  readonly reports: readonly ReportBlock[];
  /** SSRCs to ask for a key frame. */
  readonly keyFramesOf: readonly number[];
  /** SSRCs of the videos whose rate is to be capped again; none where it is not time. */
  readonly capOf: readonly number[];
}

/**
 * Everything between decrypted RTP and decoded media of one peer, on a clock that is an argument. It does its own routing:
 * werift's knows only SSRCs that the offer declared, and drops unknown payload types in silence.
 */
export class MediaReceiver {
  readonly #deps: ReceiverDeps;
  readonly #session = new MediaClock();
  readonly #drops = new Map<DropReason, number>();
  readonly #packets = { audio: 0, video: 0 };
  readonly #repairMs: AudioRepair = { concealed: 0, recovered: 0, silence: 0 };
  readonly #microphone: AudioReceiver;
  readonly #videos: LiveVideos;
  readonly #successor = new Successor();
  /** The audio streams of late, by SSRC. */
  readonly #heard = new Map<number, { readonly stream: AudioStream; readonly stats: ReceptionStats }>();
  readonly #counts: VideoCounts = { keyFrames: 0, decodedFrames: 0, decodeMs: 0, keyFrameRequests: 0 };
  #payloadTypes: ReadonlyMap<number, 'opus' | VideoCodec> = new Map();
  #audio: Source<AudioReceiver> | null = null;
  #reportedAtMs = -Infinity;
  #cappedAtMs = -Infinity;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
    this.#microphone = new AudioReceiver({
      decoder: deps.opus,
      session: this.#session,
      onAudio: deps.onAudio,
      onDrop: (reason, count) => this.drop(reason, count),
      repairMs: this.#repairMs,
    });
    this.#videos = new LiveVideos({
      codecOf: (payloadType) => {
        const codec = this.#payloadTypes.get(payloadType);
        return codec === undefined || codec === 'opus' ? 'vp8' : codec;
      },
      openDecoder: deps.openVideoDecoder,
      session: this.#session,
      intervalMs: deps.frameIntervalMs,
      onVideo: deps.onVideo,
      onDrop: (reason, count) => this.drop(reason, count),
      counts: this.#counts,
    });
  }

  /** Tells what the answer lets the client send; before it, every payload type is unknown. */
  accept(payloadTypes: ReadonlyMap<number, 'opus' | VideoCodec>, videos: readonly AgreedVideo[]): void {
    this.#payloadTypes = payloadTypes;
    this.#videos.agree(videos);
  }

  /** Whether the mid is to be looked for in a packet's header extensions. */
  asksMid({ ssrc, payloadType }: Omit<RtpIn, 'payload'>): boolean {
    return this.#isVideo(payloadType) && this.#videos.asksMid(ssrc);
  }

  drop(reason: DropReason, count: number): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + count);
    this.#deps.onDrop(reason, count);
  }

  /**
   * Whether what a packet carries is wanted: of a video, what comes between two pictures is not, and is only counted then.
   * @param header nobody knows yet whether it is genuine: it changes no more than counts and rates
   */
  wants(header: Omit<RtpIn, 'payload'>, nowMs: number): boolean {
    const video = this.#videos.playing(header.ssrc);
    if (!video?.receiver.isShut(nowMs)) return true;
    if (!this.#isVideo(header.payloadType)) return true;
    this.#packets.video += 1;
    count(video, header, nowMs);
    video.receiver.pass(header.timestamp, nowMs);
    return false;
  }

  onRtp(packet: RtpIn, nowMs: number): void {
    const codec = this.#payloadTypes.get(packet.payloadType);
    if (codec === undefined) return this.#onUnplayed(packet, nowMs);
    if (codec === 'opus') this.#onAudio(packet, nowMs);
    else this.#onVideo(packet, nowMs);
  }

  onSenderReport(report: SenderReport, nowMs: number): void {
    const source = this.#playing(report.ssrc);
    source?.stats.onSenderReport(report.compactNtp, nowMs);
    source?.clock.onReport(report.ntpMs, report.rtpTimestamp);
  }

  /** Moves time on: releases held packets, fills pauses. @returns what to send to the client now */
  tick(nowMs: number): Feedback {
    if (this.#successor.ssrc !== null) this.#succeed(nowMs);
    this.#microphone.tick(nowMs);
    const keyFramesOf = this.#videos.tick(nowMs);
    const report = nowMs - this.#reportedAtMs >= REPORT_INTERVAL_MS;
    const cap = nowMs - this.#cappedAtMs >= CAP_INTERVAL_MS;
    if (report) this.#reportedAtMs = nowMs;
    if (cap) this.#cappedAtMs = nowMs;
    return {
      reports: report
        ? [this.#audio, ...this.#videos.streams].flatMap((s) => s?.stats.report(nowMs) ?? [])
        : [],
      keyFramesOf,
      capOf: cap ? this.#videos.streams.map(({ ssrc }) => ssrc) : NONE,
    };
  }

  stats(): MediaStats {
    const { keyFrames, decodedFrames, decodeMs, keyFrameRequests } = this.#counts;
    return {
      packets: { ...this.#packets },
      drops: Object.fromEntries(this.#drops),
      keyFrames,
      decodedFrames,
      decodeMs: decodedFrames > 0 ? decodeMs / decodedFrames : 0,
      keyFrameRequests,
      audioMs: { ...this.#repairMs },
    };
  }

  close(): void {
    this.#videos.close();
    this.#deps.opus.free();
  }

  #onAudio(packet: RtpIn, nowMs: number): void {
    if (this.#audio && this.#audio.ssrc !== packet.ssrc) {
      this.#extra(this.#successor.hold(packet, nowMs));
      return this.#succeed(nowMs);
    }
    this.#extra(this.#successor.expire(nowMs));
    this.#deliver(this.#audio ?? this.#openAudio(packet.ssrc, nowMs), packet, nowMs);
  }

  /** The stream that waits is heard, once the one before it is over. */
  #succeed(nowMs: number): void {
    const { ssrc } = this.#successor;
    if (ssrc === null || (this.#audio && !Successor.follows(this.#audio.lastAtMs, nowMs))) return;
    const source = this.#openAudio(ssrc, nowMs, this.#successor.sinceMs ?? nowMs);
    for (const packet of this.#successor.take()) this.#deliver(source, packet, nowMs);
  }

  #onVideo(packet: RtpIn, nowMs: number): void {
    const stream = this.#videos.streamOf(packet, nowMs);
    if (stream) this.#deliver(stream, packet, nowMs);
    else this.#extra(1);
  }

  /** Not agreed upon; but where it is of a stream that is played, its number is one of that stream's. */
  #onUnplayed(packet: RtpIn, nowMs: number): void {
    const source = this.#playing(packet.ssrc);
    if (source) this.#skip(source, packet, nowMs);
    this.drop('unknown_payload_type', 1);
  }

  #deliver(source: Source<AudioReceiver | VideoReceiver>, packet: RtpIn, nowMs: number): void {
    this.#packets[source === this.#audio ? 'audio' : 'video'] += 1;
    if (packet.payload.length === 0) {
      // Senders that probe for bandwidth send packets of nothing but padding; depacketizers choke on them.
      this.#skip(source, packet, nowMs);
      return this.drop('empty_padding', 1);
    }
    count(source, packet, nowMs);
    source.receiver.push(packet, nowMs);
  }

  #skip(source: Source<AudioReceiver | VideoReceiver>, packet: RtpIn, nowMs: number): void {
    count(source, packet, nowMs);
    source.receiver.skip(packet, nowMs);
  }

  #isVideo(payloadType: number): boolean {
    const codec = this.#payloadTypes.get(payloadType);
    return codec !== undefined && codec !== 'opus';
  }

  #playing(ssrc: number): Source<AudioReceiver | VideoReceiver> | null {
    return this.#audio?.ssrc === ssrc ? this.#audio : this.#videos.playing(ssrc);
  }

  #extra(packets: number): void {
    if (packets > 0) this.drop('extra_stream', packets);
  }

  /** One that was heard before goes on where it was: what is repeated of it is known. @param sinceMs when its first packet came */
  #openAudio(ssrc: number, nowMs: number, sinceMs = nowMs): Source<AudioReceiver> {
    const known = this.#heard.get(ssrc);
    const stream = known?.stream ?? new AudioStream();
    const stats = known?.stats ?? new ReceptionStats(ssrc, OPUS_CLOCK_RATE);
    this.#heard.delete(ssrc);
    this.#heard.set(ssrc, { stream, stats });
    for (const oldest of this.#heard.keys()) if (this.#heard.size > MAX_HEARD) this.#heard.delete(oldest);
    this.#microphone.open(stream, { nowMs, sinceMs });
    this.#audio = { ssrc, stats, clock: stream.clock, receiver: this.#microphone, lastAtMs: nowMs };
    return this.#audio;
  }
}
