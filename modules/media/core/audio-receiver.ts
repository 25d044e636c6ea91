import { SAMPLE_RATE, type AudioFrame } from '#modules/contracts';

import { AudioGaps, type AudioStep } from './audio-gaps.js';
import type { DropHandler } from './drops.js';
import { OPUS_CLOCK_RATE } from './opus-packet.js';
import type { OpusDecoder } from './ports.js';
import { ReorderBuffer, type Ordered } from './reorder.js';
import type { MediaClock, TrackClock } from './rtp-clock.js';
import type { RtpIn } from './rtp.js';

/** Longer than usual Wi-Fi reordering, short enough not to be heard: it is waited only after a gap. */
const REORDER = { capacity: 32, maxWaitMs: 60 };
const TICKS_PER_MS = OPUS_CLOCK_RATE / 1000;

/** Audio (ms) that did not come as it was sent. */
export interface AudioRepair {
  concealed: number;
  recovered: number;
  silence: number;
}

export interface AudioReceiverDeps {
  readonly decoder: OpusDecoder;
  readonly clock: TrackClock;
  readonly session: MediaClock;
  readonly onAudio: (frame: AudioFrame) => void;
  readonly onDrop: DropHandler;
  /** Counted into. */
  readonly repairMs: AudioRepair;
}

/** One Opus track: packets in any order in, gapless 16 kHz frames out. */
export class AudioReceiver {
  readonly #deps: AudioReceiverDeps;
  readonly #reorder = new ReorderBuffer<RtpIn>(REORDER);
  readonly #gaps = new AudioGaps();

  constructor(deps: AudioReceiverDeps) {
    this.#deps = deps;
  }

  push(packet: RtpIn, nowMs: number): void {
    const { packets, drop } = this.#reorder.push(packet, nowMs);
    if (drop) this.#deps.onDrop(drop, 1);
    this.#play(packets, nowMs);
  }

  tick(nowMs: number): void {
    this.#play(this.#reorder.expire(nowMs), nowMs);
    if (this.#reorder.held > 0) return; // what is missing may still come, and then is no silence
    const behind = (extended: number) => nowMs - this.#ptsMs(extended);
    for (const step of this.#gaps.idle(behind)) this.#perform(step, nowMs);
  }

  #play(packets: readonly Ordered<RtpIn>[], nowMs: number): void {
    for (const { packet, lostBefore } of packets) {
      const extended = this.#deps.clock.extend(packet.timestamp);
      this.#deps.clock.observe(extended, nowMs);
      const steps = this.#gaps.push(packet.payload, extended, lostBefore);
      if (typeof steps === 'string') this.#deps.onDrop(steps, 1);
      else for (const step of steps) this.#perform(step, nowMs);
    }
  }

  #perform(step: AudioStep, nowMs: number): void {
    const { pcm, concealed } = this.#render(step);
    this.#deps.onAudio({ pcm, ptsMs: this.#ptsMs(step.extended), arrivedAtMs: nowMs, concealed });
  }

  #render(step: AudioStep): { pcm: Float32Array; concealed: boolean } {
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
      case 'silence':
        repairMs.silence += ms;
        return { pcm: silence(step.ticks), concealed: true };
      case 'conceal':
        break;
    }
    repairMs.concealed += ms;
    return { pcm: decoder.conceal(step.ticks) ?? silence(step.ticks), concealed: true };
  }

  #ptsMs(extended: number): number {
    return this.#deps.session.ptsMs(this.#deps.clock, extended);
  }
}

function silence(ticks: number): Float32Array {
  return new Float32Array(Math.round((ticks * SAMPLE_RATE) / OPUS_CLOCK_RATE));
}
