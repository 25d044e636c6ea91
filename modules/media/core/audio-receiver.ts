import { SAMPLE_RATE, type AudioFrame } from '#modules/contracts';

import { AudioGaps, type AudioStep } from './audio-gaps.js';
import type { DropHandler } from './drops.js';
import { isDtx, OPUS_CLOCK_RATE } from './opus-packet.js';
import { Patience } from './patience.js';
import { Playout } from './playout.js';
import type { OpusDecoder } from './ports.js';
import { ReorderBuffer, type Ordered, type ReorderResult } from './reorder.js';
import { TrackClock, type MediaClock } from './rtp-clock.js';
import type { RtpIn } from './rtp.js';

/** Longer than usual Wi-Fi reordering, short enough not to be heard: it is waited only after a gap. */
const REORDER = { capacity: 32, maxWaitMs: 60 };
const TICKS_PER_MS = OPUS_CLOCK_RATE / 1000;
/** More sound (ms) than time has passed for is not taken: no microphone makes it, and decoding and listening to it costs others theirs. */
const MAX_AHEAD_MS = 5000;

/** Audio (ms) that did not come as it was sent. */
export interface AudioRepair {
  concealed: number;
  recovered: number;
  silence: number;
}

export interface AudioReceiverDeps {
  readonly decoder: OpusDecoder;
  readonly session: MediaClock;
  readonly onAudio: (frame: AudioFrame) => void;
  readonly onDrop: DropHandler;
  /** Counted into. */
  readonly repairMs: AudioRepair;
}

/** One stream (SSRC): its order and its clock. */
export class AudioStream {
  readonly reorder = new ReorderBuffer<RtpIn>(REORDER);
  readonly clock = new TrackClock(OPUS_CLOCK_RATE);
}

/**
 * The microphone of one peer: Opus packets in any order in, gapless 16 kHz frames out. The streams that it sends, one after
 * the other, are one timeline; silence goes on while nothing comes.
 */
export class AudioReceiver {
  readonly #deps: AudioReceiverDeps;
  readonly #gaps = new AudioGaps();
  readonly #playout = new Playout();
  readonly #patience = new Patience();
  #stream: AudioStream | null = null;
  /** When the packet after the newest comes, if it comes as late as that one. */
  #nextAtMs = 0;
  /** The stream that is open now has not been heard yet: when its first packet came. */
  #openedAtMs: number | null = null;

  constructor(deps: AudioReceiverDeps) {
    this.#deps = deps;
  }

  /**
   * Another stream follows: what is held of the one before is played first.
   * @param at `sinceMs`: when its first packet came
   */
  open(stream: AudioStream, { nowMs, sinceMs }: { nowMs: number; sinceMs: number }): void {
    if (this.#stream) {
      this.#play(this.#stream.reorder.flush(), nowMs);
      this.#gaps.restart();
      this.#deps.decoder.reset();
    }
    this.#stream = stream;
    this.#openedAtMs = sinceMs;
    this.#deps.session.anchorTo(stream.clock);
  }

  push(packet: RtpIn, nowMs: number): void {
    if (this.#stream) this.#take(this.#stream.reorder.push(packet, nowMs), nowMs);
  }

  /** A packet of the stream's numbering in which there is no audio. */
  skip(packet: RtpIn, nowMs: number): void {
    if (this.#stream) this.#take(this.#stream.reorder.skip(packet, nowMs), nowMs);
  }

  tick(nowMs: number): void {
    if (!this.#stream) return;
    this.#play(this.#stream.reorder.expire(nowMs), nowMs);
    if (this.#stream.reorder.held > 0) return; // what is missing may still come, and then is no silence
    const overdueMs = nowMs - (this.#playout.dueAtMs - this.#gaps.filledMs);
    const waitedMs = Math.min(overdueMs, nowMs - this.#nextAtMs);
    const steps = this.#gaps.idle({ waitedMs, overdueMs, patienceMs: this.#patience.ms });
    for (const step of steps) this.#perform(step, nowMs, this.#gaps.silentForLong);
  }

  #take({ packets, drops }: ReorderResult<RtpIn>, nowMs: number): void {
    for (const drop of drops) this.#deps.onDrop(drop, 1);
    this.#play(packets, nowMs);
  }

  #play(packets: readonly Ordered<RtpIn>[], nowMs: number): void {
    const clock = this.#stream?.clock;
    if (!clock) return;
    for (const { packet, lostBefore, restarted } of packets) {
      if (restarted) this.#gaps.restart();
      if (this.#playout.started && this.#playout.endMs - nowMs > MAX_AHEAD_MS) {
        this.#deps.onDrop('too_fast', 1);
        continue;
      }
      const extended = clock.extend(packet.timestamp);
      const cameAtMs = this.#openedAtMs ?? nowMs;
      this.#openedAtMs = null;
      const roomMs = this.#playout.started ? cameAtMs - this.#playout.dueAtMs : 0;
      const steps = this.#gaps.push({ payload: packet.payload, extended, lostBefore, roomMs });
      if (!steps) {
        this.#deps.onDrop('malformed_payload', 1);
        continue;
      }
      this.#patience.packet(isDtx(packet.payload));
      for (const step of steps) {
        if (step.do === 'decode') this.#place(clock, extended, nowMs);
        this.#perform(step, nowMs);
      }
      this.#nextAtMs = nowMs + this.#gaps.packetMs;
    }
  }

  /** The packet is played here: so much is known of both clocks. */
  #place(clock: TrackClock, extended: number, nowMs: number): void {
    this.#playout.arrived(nowMs);
    clock.place(extended, this.#playout.endMs);
    this.#deps.session.leadMs = -this.#playout.behindMs;
  }

  /** @param free a silence may be longer than it was */
  #perform(step: AudioStep, nowMs: number, free = false): void {
    const { pcm: rendered, concealed } =
      step.do === 'silence' ? { pcm: this.#silence(step.ticks, free), concealed: true } : this.#render(step);
    if (rendered.length === 0) return;
    this.#patience.heard(rendered);
    const { pcm, ptsMs } = this.#playout.append(rendered, this.#patience.quietForLong);
    this.#deps.onAudio({ pcm, ptsMs, arrivedAtMs: nowMs, concealed });
  }

  /** A silence takes up what the timeline is off the arrival clock by, and costs no sound that way. */
  #silence(ticks: number, free: boolean): Float32Array {
    const ms = ticks / TICKS_PER_MS;
    const moreMs = Math.max(-ms, free ? this.#playout.behindMs : Math.min(0, this.#playout.behindMs));
    if (moreMs !== 0) this.#playout.caughtUp(moreMs);
    this.#deps.repairMs.silence += ms + moreMs;
    return silence(ticks + moreMs * TICKS_PER_MS);
  }

  #render(step: Exclude<AudioStep, { do: 'silence' }>): { pcm: Float32Array; concealed: boolean } {
    const { decoder, onDrop, repairMs } = this.#deps;
    const ms = step.ticks / TICKS_PER_MS;
    switch (step.do) {
      case 'decode': {
        const pcm = decoder.decode(step.payload);
        if (pcm) return { pcm, concealed: false };
        onDrop('undecodable_audio', 1);
        break;
      }
      case 'fec': {
        repairMs.recovered += ms;
        const pcm = decoder.recover(step.payload, step.ticks);
        return { pcm: pcm ?? silence(step.ticks), concealed: pcm === null };
      }
      case 'conceal':
        break;
    }
    repairMs.concealed += ms;
    return { pcm: decoder.conceal(step.ticks) ?? silence(step.ticks), concealed: true };
  }
}

function silence(ticks: number): Float32Array {
  return new Float32Array(Math.round((ticks * SAMPLE_RATE) / OPUS_CLOCK_RATE));
}
