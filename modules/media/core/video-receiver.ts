import type { VideoFrame } from '#modules/contracts';

import { readH264, readVp8 } from './depacketize.js';
import type { DropHandler } from './drops.js';
import { FrameAssembler, type EncodedFrame } from './frame-assembler.js';
import { FrameSampler } from './frame-sampler.js';
import { PliPacer } from './pli.js';
import type { VideoCodec, VideoTrackDecoder } from './ports.js';
import { ReorderBuffer, type Ordered, type ReorderResult } from './reorder.js';
import type { MediaClock, TrackClock } from './rtp-clock.js';
import type { RtpIn } from './rtp.js';

/** A key frame spans many packets: a later one is waited for longer than audio could wait. */
const REORDER = { capacity: 256, maxWaitMs: 120 };
const MAX_FRAME_BYTES = 2_000_000;
/** More than this many frames waiting means that the decoder does not keep up. */
const MAX_PENDING = 3;

const READERS = { vp8: readVp8, h264: readH264 };

export interface VideoCounts {
  keyFrames: number;
  decodedFrames: number;
  /** Sum of the times in the decoder. */
  decodeMs: number;
  keyFrameRequests: number;
}

export interface VideoReceiverDeps {
  readonly codecOf: (payloadType: number) => VideoCodec;
  readonly openDecoder: (codec: VideoCodec) => VideoTrackDecoder;
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
  readonly codec: VideoCodec;
  readonly assembler: FrameAssembler;
  readonly decoder: VideoTrackDecoder;
}

/** One video track: packets in any order in, about one picture an interval out. */
export class VideoReceiver {
  readonly #deps: VideoReceiverDeps;
  readonly #reorder = new ReorderBuffer<RtpIn>(REORDER);
  readonly #sampler: FrameSampler;
  readonly #pli: PliPacer;
  #decoding: Decoding | null = null;
  #receiving = false;
  #closed = false;

  constructor(deps: VideoReceiverDeps) {
    this.#deps = deps;
    this.#sampler = new FrameSampler(deps.intervalMs);
    this.#pli = new PliPacer(deps.intervalMs);
  }

  push(packet: RtpIn, nowMs: number): void {
    this.#receiving = true;
    this.#take(this.#reorder.push(packet, nowMs), nowMs);
  }

  /** A packet of the stream's numbering in which there is no picture. */
  skip(packet: RtpIn, nowMs: number): void {
    this.#take(this.#reorder.skip(packet, nowMs), nowMs);
  }

  /** @returns true where a key frame is to be requested now */
  tick(nowMs: number): boolean {
    this.#assemble(this.#reorder.expire(nowMs), nowMs);
    if (!this.#receiving) return false;
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
      const result = this.#decodingOf(packet).assembler.push(packet, restarted ? lostBefore + 1 : lostBefore);
      if (result === null) continue;
      if (typeof result === 'object') {
        this.#onFrame(result, nowMs);
        continue;
      }
      this.#deps.onDrop(result, 1);
      this.#pli.urge(nowMs);
    }
  }

  /** A sender may change its codec at any packet: each codec has its own assembler and decoder. */
  #decodingOf(packet: RtpIn): Decoding {
    const codec = this.#deps.codecOf(packet.payloadType);
    if (this.#decoding?.codec === codec) return this.#decoding;
    this.#decoding?.decoder.close();
    this.#decoding = {
      codec,
      assembler: new FrameAssembler(READERS[codec], MAX_FRAME_BYTES),
      decoder: this.#deps.openDecoder(codec),
    };
    return this.#decoding;
  }

  #onFrame(frame: EncodedFrame, nowMs: number): void {
    const { clock, session, onDrop } = this.#deps;
    const extended = clock.extend(frame.timestamp);
    clock.observe(extended, nowMs);
    const ptsMs = session.ptsMs(clock, extended);
    if (frame.key) {
      this.#deps.counts.keyFrames += 1;
      this.#pli.onKeyFrame(nowMs);
    }
    const decision = this.#sampler.decide(frame, ptsMs, nowMs);
    const decoder = this.#decoding?.decoder;
    if (decision === 'skip' || !decoder) return;
    if (decoder.pending >= MAX_PENDING) {
      onDrop('decoder_busy', 1);
      this.#sampler.onUndecodable();
      return;
    }
    void this.#decode(decoder, frame, { ptsMs, arrivedAtMs: nowMs, picture: decision === 'picture' });
  }

  async #decode(
    decoder: VideoTrackDecoder,
    frame: EncodedFrame,
    at: { ptsMs: number; arrivedAtMs: number; picture: boolean },
  ): Promise<void> {
    const result = await decoder.decode(frame.data, at.picture);
    if (this.#closed) return;
    if (result === 'undecodable') {
      this.#deps.onDrop('undecodable', 1);
      this.#sampler.onUndecodable();
      this.#pli.urge(at.arrivedAtMs);
      return;
    }
    this.#deps.counts.decodedFrames += 1;
    if (!result) return;
    this.#deps.counts.decodeMs += result.decodeMs;
    this.#deps.onVideo({ image: result.image, ptsMs: at.ptsMs, arrivedAtMs: at.arrivedAtMs });
  }
}
