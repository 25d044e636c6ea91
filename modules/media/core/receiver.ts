import type { AudioFrame, VideoFrame } from '#modules/contracts';

import { AudioReceiver, type AudioRepair } from './audio-receiver.js';
import type { DropReason } from './drops.js';
import { OPUS_CLOCK_RATE } from './opus-packet.js';
import type { MediaStats, OpenVideoDecoder, OpusDecoder, VideoCodec } from './ports.js';
import { ReceptionStats, type ReportBlock } from './receiver-report.js';
import { MediaClock, TrackClock } from './rtp-clock.js';
import type { RtpIn, SenderReport } from './rtp.js';
import { VideoReceiver, type VideoCounts } from './video-receiver.js';

const VIDEO_CLOCK_RATE = 90_000;
const REPORT_INTERVAL_MS = 1000;
const CAP_INTERVAL_MS = 500;
/** A stream that was silent for this long may be replaced by another SSRC of its kind. */
const REPLACE_AFTER_MS = 1000;

export interface ReceiverDeps {
  readonly opus: OpusDecoder;
  readonly openVideoDecoder: OpenVideoDecoder;
  /** One picture an interval, ms. */
  readonly frameIntervalMs: number;
  readonly onAudio: (frame: AudioFrame) => void;
  readonly onVideo: (frame: VideoFrame) => void;
  readonly onDrop: (reason: DropReason, count: number) => void;
}

/** RTCP that the transport is to send. */
export interface Feedback {
  readonly reports: readonly ReportBlock[];
  /** SSRC to ask for a key frame, or null. */
  readonly keyFrameOf: number | null;
  /** SSRC whose rate is to be capped again, or null where it is not time. */
  readonly capOf: number | null;
}

interface Source<R> {
  readonly ssrc: number;
  readonly stats: ReceptionStats;
  readonly clock: TrackClock;
  readonly receiver: R;
  lastAtMs: number;
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
  readonly #counts: VideoCounts = { keyFrames: 0, decodedFrames: 0, decodeMs: 0, keyFrameRequests: 0 };
  #payloadTypes: ReadonlyMap<number, 'opus' | VideoCodec> = new Map();
  #audio: Source<AudioReceiver> | null = null;
  #video: Source<VideoReceiver> | null = null;
  #reportedAtMs = -Infinity;
  #cappedAtMs = -Infinity;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
  }

  /** Tells what the answer lets the client send; before it, every payload type is unknown. */
  accept(payloadTypes: ReadonlyMap<number, 'opus' | VideoCodec>): void {
    this.#payloadTypes = payloadTypes;
  }

  drop(reason: DropReason, count: number): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + count);
    this.#deps.onDrop(reason, count);
  }

  onRtp(packet: RtpIn, nowMs: number): void {
    const codec = this.#payloadTypes.get(packet.payloadType);
    if (codec === undefined) return this.drop('unknown_payload_type', 1);
    const kind = codec === 'opus' ? 'audio' : 'video';
    const source = this.#sourceOf(packet.ssrc, kind, nowMs);
    if (!source) return this.drop('extra_stream', 1);
    source.stats.onPacket(packet.sequenceNumber, packet.timestamp, nowMs);
    source.lastAtMs = nowMs;
    this.#packets[kind] += 1;
    // Senders that probe for bandwidth send packets of nothing but padding; depacketizers choke on them.
    if (packet.payload.length === 0) return this.drop('empty_padding', 1);
    source.receiver.push(packet, nowMs);
  }

  onSenderReport(report: SenderReport, nowMs: number): void {
    const source = [this.#audio, this.#video].find((s) => s?.ssrc === report.ssrc);
    source?.stats.onSenderReport(report.compactNtp, nowMs);
    source?.clock.onReport(report.ntpMs, report.rtpTimestamp);
  }

  /** Moves time on: releases held packets, fills pauses. @returns what to send to the client now */
  tick(nowMs: number): Feedback {
    this.#audio?.receiver.tick(nowMs);
    const keyFrame = this.#video?.receiver.tick(nowMs) === true;
    const report = nowMs - this.#reportedAtMs >= REPORT_INTERVAL_MS;
    const cap = nowMs - this.#cappedAtMs >= CAP_INTERVAL_MS;
    if (report) this.#reportedAtMs = nowMs;
    if (cap) this.#cappedAtMs = nowMs;
    return {
      reports: report ? [this.#audio, this.#video].flatMap((s) => s?.stats.report(nowMs) ?? []) : [],
      keyFrameOf: keyFrame ? (this.#video?.ssrc ?? null) : null,
      capOf: cap ? (this.#video?.ssrc ?? null) : null,
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
    this.#video?.receiver.close();
    this.#deps.opus.free();
  }

  #sourceOf(
    ssrc: number,
    kind: 'audio' | 'video',
    nowMs: number,
  ): Source<AudioReceiver> | Source<VideoReceiver> | null {
    const current = kind === 'audio' ? this.#audio : this.#video;
    if (current?.ssrc === ssrc) return current;
    if (current && nowMs - current.lastAtMs < REPLACE_AFTER_MS) return null;
    return kind === 'audio' ? this.#openAudio(ssrc, nowMs) : this.#openVideo(ssrc, nowMs);
  }

  #openAudio(ssrc: number, nowMs: number): Source<AudioReceiver> {
    const { opus, onAudio } = this.#deps;
    const clock = new TrackClock(OPUS_CLOCK_RATE);
    this.#session.anchorTo(clock);
    const receiver = new AudioReceiver({
      decoder: opus,
      clock,
      session: this.#session,
      onAudio,
      onDrop: (reason, count) => this.drop(reason, count),
      repairMs: this.#repairMs,
    });
    const stats = new ReceptionStats(ssrc, OPUS_CLOCK_RATE);
    this.#audio = { ssrc, stats, clock, receiver, lastAtMs: nowMs };
    return this.#audio;
  }

  #openVideo(ssrc: number, nowMs: number): Source<VideoReceiver> {
    this.#video?.receiver.close();
    const { openVideoDecoder, frameIntervalMs, onVideo } = this.#deps;
    const clock = new TrackClock(VIDEO_CLOCK_RATE);
    const receiver = new VideoReceiver({
      codecOf: (payloadType) => (this.#payloadTypes.get(payloadType) === 'h264' ? 'h264' : 'vp8'),
      openDecoder: openVideoDecoder,
      clock,
      session: this.#session,
      intervalMs: frameIntervalMs,
      onVideo,
      onDrop: (reason, count) => this.drop(reason, count),
      counts: this.#counts,
    });
    const stats = new ReceptionStats(ssrc, VIDEO_CLOCK_RATE);
    this.#video = { ssrc, stats, clock, receiver, lastAtMs: nowMs };
    return this.#video;
  }
}
