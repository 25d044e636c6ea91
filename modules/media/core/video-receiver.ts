import type { VideoFrame, VideoSource } from '#modules/contracts';

import { readH264, readVp8, type PayloadFormat } from './depacketize.js';
import { AV1 } from './depacketize-av1.js';
import { readVp9 } from './depacketize-vp9.js';
import type { DropHandler } from './drops.js';
import { FrameAssembler, type EncodedFrame } from './frame-assembler.js';
import { FrameFollower, type TimedFrame } from './frame-follower.js';
import { FrameSampler } from './frame-sampler.js';
import { ParameterSets } from './h264-parameter-sets.js';
import { PliPacer } from './pli.js';
import type { OpenVideoDecoder, VideoCodec, VideoTrackDecoder } from './ports.js';
import { ReorderBuffer, type Ordered, type ReorderResult } from './reorder.js';
import type { MediaClock, TrackClock } from './rtp-clock.js';
import type { RtpIn } from './rtp.js';
import { VideoGate } from './video-gate.js';

/** A key frame spans many packets: a later one is waited for longer than audio could wait. */
const REORDER = { capacity: 256, maxWaitMs: 120 };
const MAX_FRAME_BYTES = 2_000_000;
/** More than this many frames waiting means that the decoder does not keep up. */
const MAX_PENDING = 3;
/** A stream that is followed takes no more than this of the queue that all calls share. */
const MAX_FOLLOWING = 2;
/** After a refused frame an H264 stream without key frames is joined again (ms). */
const REJOIN_MS = 2000;
/** Video that comes for this long (ms) without a picture is told of. */
const NO_PICTURE_MS = 5000;

const FORMATS: Readonly<Record<VideoCodec, PayloadFormat>> = {
  vp8: { read: readVp8 },
  h264: { read: readH264 },
  vp9: { read: readVp9 },
  av1: AV1,
};

export interface VideoCounts {
  keyFrames: number;
  decodedFrames: number;
  /** Sum of the times in the decoder. */
  decodeMs: number;
  keyFrameRequests: number;
}

export interface VideoReceiverDeps {
  /** What it is that the pictures are of. */
  readonly source: VideoSource;
  readonly codecOf: (payloadType: number) => VideoCodec;
  readonly openDecoder: OpenVideoDecoder;
  readonly clock: TrackClock;
  readonly session: MediaClock;
  /** One picture an interval, ms. */
  readonly intervalMs: number;
  readonly onVideo: (frame: VideoFrame) => void;
  readonly onDrop: DropHandler;
  /** Counted into. */
  readonly counts: VideoCounts;
}

interface Decoding {
  readonly payloadType: number;
  readonly codec: VideoCodec;
  readonly assembler: FrameAssembler;
  readonly sets: ParameterSets;
  decoder: VideoTrackDecoder;
  /** The decoder has not been given the newest parameter sets. */
  setsPending: boolean;
}

/** One video track: packets in any order in, about one picture an interval out. */
export class VideoReceiver {
  readonly #deps: VideoReceiverDeps;
  readonly #reorder = new ReorderBuffer<RtpIn>(REORDER);
  readonly #sampler: FrameSampler;
  readonly #follower = new FrameFollower();
  readonly #pli: PliPacer;
  readonly #gate: VideoGate;
  /** Of the packets that were passed over: their frame's time stamp; null: none were since the last that was not. */
  #passing: number | null = null;
  #decoding: Decoding | null = null;
  #receiving = false;
  #closed = false;
  /** Arrival of the newest picture, or of the first frame where there was none yet. */
  #pictureAtMs: number | null = null;
  #frameAtMs = -Infinity;
  #toldNoPicture = false;
  #rejoinAtMs = -Infinity;

  constructor(deps: VideoReceiverDeps) {
    this.#deps = deps;
    this.#sampler = new FrameSampler(deps.intervalMs);
    this.#pli = new PliPacer(deps.intervalMs);
    this.#gate = new VideoGate(deps.intervalMs);
  }

  /** @param packet one without payload only takes its place in the numbering */
  push(packet: RtpIn, nowMs: number): void {
    if (packet.payload.length === 0) return this.skip(packet, nowMs);
    this.#receiving = true;
    if (this.#passing !== null) {
      this.#passing = null;
      this.#reorder.leap(packet.sequenceNumber);
    }
    this.#take(this.#reorder.push(packet, nowMs), nowMs);
  }

  /** Nothing is wanted of packets that come now, see {@link VideoGate}. */
  isShut(nowMs: number): boolean {
    return this.#gate.isShut(nowMs) && !this.#follower.following && !this.#sampler.slow(nowMs);
  }

  /** A packet came that was not wanted. @param timestamp of its frame */
  pass(timestamp: number, nowMs: number): void {
    if (timestamp !== this.#passing) this.#sampler.onArrival(nowMs);
    this.#passing = timestamp;
    this.#frameAtMs = nowMs;
  }

  /** A packet of the stream's numbering in which there is no picture. */
  skip(packet: RtpIn, nowMs: number): void {
    this.#take(this.#reorder.skip(packet, nowMs), nowMs);
  }

  /** @returns true where a key frame is to be requested now */
  tick(nowMs: number): boolean {
    this.#assemble(this.#reorder.expire(nowMs), nowMs);
    if (!this.#receiving) return false;
    this.#watch(nowMs);
    if (this.#sampler.slow(nowMs) && !this.#sampler.broken) return false;
    if (!this.#pli.due(nowMs)) return false;
    this.#deps.counts.keyFrameRequests += 1;
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#decoding?.decoder.close();
  }

  #take({ packets, drops }: ReorderResult<RtpIn>, nowMs: number): void {
    for (const drop of drops) this.#deps.onDrop(drop, 1);
    this.#assemble(packets, nowMs);
  }

  #assemble(packets: readonly Ordered<RtpIn>[], nowMs: number): void {
    for (const { packet, lostBefore, restarted } of packets) {
      const lost = restarted ? lostBefore + 1 : lostBefore;
      const decoding = this.#decodingOf(packet);
      const before = decoding.assembler.endBefore(packet, lost);
      if (before) this.#onFrame(decoding, before, nowMs);
      const result = decoding.assembler.push(packet, lost);
      if (result === null) continue;
      if (typeof result === 'object') {
        this.#onFrame(decoding, result, nowMs);
        continue;
      }
      this.#deps.onDrop(result, 1);
      this.#gate.open();
      this.#pli.urge(nowMs);
    }
  }

  /** A sender may change its codec at any packet: each payload type has its own assembler and decoder. */
  #decodingOf({ payloadType }: RtpIn): Decoding {
    if (this.#decoding?.payloadType === payloadType) return this.#decoding;
    const codec = this.#deps.codecOf(payloadType);
    const decoder = this.#deps.openDecoder(codec, payloadType);
    const begun = this.#decoding !== null;
    this.#decoding?.decoder.close();
    this.#decoding = {
      payloadType,
      codec,
      assembler: new FrameAssembler(FORMATS[codec], MAX_FRAME_BYTES),
      sets: new ParameterSets(decoder.parameterSets),
      decoder,
      setsPending: true,
    };
    if (begun) this.#breakOff();
    return this.#decoding;
  }

  #onFrame(decoding: Decoding, frame: EncodedFrame, nowMs: number): void {
    if (frame.sets) decoding.sets.remember(frame.data);
    if (frame.bare) {
      decoding.setsPending ||= frame.sets;
      return;
    }
    const { clock, session, onDrop } = this.#deps;
    const extended = clock.extend(frame.timestamp);
    clock.observe(extended, nowMs);
    const timed = { frame, ptsMs: session.ptsMs(clock, extended), arrivedAtMs: nowMs, queuedAtMs: nowMs };
    this.#pictureAtMs ??= nowMs;
    this.#frameAtMs = nowMs;
    this.#sampler.onArrival(nowMs);
    if (frame.key) {
      this.#deps.counts.keyFrames += 1;
      this.#pli.onKeyFrame(nowMs);
    }
    if (this.#follower.following) {
      if (!this.#follower.keep(timed)) this.#breakOff();
      this.#follow();
      return;
    }
    const decision = this.#sampler.decide(frame, timed.ptsMs, this.#sampler.slow(nowMs) ? 'slow' : 'sampled');
    if (decision === 'skip') {
      this.#follower.keep(timed);
      return;
    }
    if (frame.key) {
      this.#follower.onKeyDecoded();
      this.#gate.onPicture(nowMs, Math.min(this.#pli.nextAtMs, nowMs + this.#sampler.dueAfterMs));
    }
    if (decoding.decoder.pending >= MAX_PENDING) {
      onDrop('decoder_busy', 1);
      this.#breakOff();
      return;
    }
    void this.#decode(decoding, timed, decision === 'picture');
  }

  /** Looks whether the sender answers requests, whether the decoder keeps up, and whether there are pictures at all. */
  #watch(nowMs: number): void {
    const shed = this.#follower.shed(nowMs);
    if (shed > 0) {
      this.#deps.onDrop('decoder_busy', shed);
      this.#sampler.onUndecodable();
    }
    if (this.#follower.update(this.#pli.ignored(nowMs), nowMs) === 'begun') {
      if (this.#follower.whole) this.#sampler.rejoin();
      this.#follow();
    }
    const receiving = nowMs - this.#frameAtMs < NO_PICTURE_MS;
    if (!receiving || this.#toldNoPicture || this.#pictureAtMs === null) return;
    if (nowMs - this.#pictureAtMs < Math.max(NO_PICTURE_MS, 5 * this.#deps.intervalMs)) return;
    this.#toldNoPicture = true;
    this.#deps.onDrop('no_key_frame', 1);
  }

  /** Gives the decoder what waits, a little at a time. */
  #follow(): void {
    const decoding = this.#decoding;
    if (!decoding) return;
    while (decoding.decoder.pending < MAX_FOLLOWING) {
      const timed = this.#follower.next();
      if (!timed) return;
      const { frame } = timed;
      const joined = this.#joinAt(decoding, timed);
      const continuous = frame.continuous || joined;
      const decision = this.#sampler.decide({ key: frame.key, continuous }, timed.ptsMs, 'followed');
      if (decision !== 'skip') void this.#decode(decoding, timed, decision === 'picture');
    }
  }

  /**
   * H264 may never have another key frame and refresh bit by bit instead. Its decoder finds out by itself from where on its
   * pictures are whole, if it begins afresh: then nothing of what was before a loss shows in them.
   */
  #joinAt(decoding: Decoding, { frame, arrivedAtMs }: TimedFrame): boolean {
    const broken = this.#sampler.broken || !frame.continuous;
    if (decoding.codec !== 'h264' || frame.key || !broken) return false;
    if (arrivedAtMs < this.#rejoinAtMs || !decoding.sets.complete) return false;
    decoding.decoder.close();
    decoding.decoder = this.#deps.openDecoder(decoding.codec, decoding.payloadType);
    decoding.setsPending = true;
    this.#sampler.rejoin();
    return true;
  }

  async #decode(decoding: Decoding, timed: TimedFrame, picture: boolean): Promise<void> {
    const { frame, ptsMs, arrivedAtMs } = timed;
    const { decoder } = decoding;
    const followed = this.#follower.following;
    const want = picture ? (frame.key ? 'key' : 'newest') : 'reference';
    const result = await decoder.decode(withSets(decoding, frame), want);
    if (this.#closed) return;
    // What another decoder has refused since says nothing about the one that took its place.
    const current = this.#decoding?.decoder === decoder;
    // A key frame that gives no picture is no key frame.
    if (result === 'undecodable' || (picture && frame.key && !result.image)) {
      this.#deps.onDrop('undecodable', 1);
      if (current) this.#onUndecodable(timed);
    } else {
      this.#deps.counts.decodedFrames += 1;
      this.#deps.counts.decodeMs += result.decodeMs;
      if (followed) this.#follower.onDecoded(result.decodeMs);
      if (result.image)
        this.#onPicture({ source: this.#deps.source, image: result.image, ptsMs, arrivedAtMs });
      else if (picture && current) this.#sampler.onNoPicture();
    }
    if (this.#follower.waiting) this.#follow();
  }

  #onPicture(picture: VideoFrame): void {
    this.#pictureAtMs = picture.arrivedAtMs;
    this.#toldNoPicture = false;
    this.#pli.onDecodable();
    this.#deps.onVideo(picture);
  }

  #onUndecodable({ frame, arrivedAtMs }: TimedFrame): void {
    this.#breakOff();
    this.#rejoinAtMs = arrivedAtMs + REJOIN_MS;
    if (frame.key) this.#pli.onUndecodable(arrivedAtMs);
    else this.#pli.urge(arrivedAtMs);
  }

  /** What the decoder knows is of no use any more: it goes on with the next frame that can be begun at. */
  #breakOff(): void {
    this.#gate.open();
    this.#sampler.onUndecodable();
    this.#follower.clear();
  }
}

/** The frame's bytes, with parameter sets before them that the decoder needs and the frame does not bring. */
function withSets(decoding: Decoding, frame: EncodedFrame): Uint8Array {
  if (decoding.codec !== 'h264' || !(frame.key || decoding.setsPending)) return frame.data;
  decoding.setsPending = false;
  return decoding.sets.complement(frame.data, frame.sets);
}
