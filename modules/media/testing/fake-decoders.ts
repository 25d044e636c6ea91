import { SAMPLE_RATE } from '#modules/contracts';

import { OPUS_CLOCK_RATE, opusTicks } from '../core/opus-packet.js';
import type { DecodedFrame, OpusDecoder, VideoTrackDecoder, Want } from '../core/ports.js';

const BAD = 0xff;

/** Decodes an Opus packet to as many samples as it says it holds, all equal to its second byte / 256; 0xff: undecodable. */
export class FakeOpusDecoder implements OpusDecoder {
  #freed = false;

  decode(packet: Uint8Array): Float32Array | null {
    const ticks = opusTicks(packet);
    const value = packet[1] ?? 0;
    return ticks === null || value === BAD ? null : this.#pcm(ticks, value / 256);
  }

  recover(packet: Uint8Array, ticks: number): Float32Array | null {
    return this.#pcm(ticks, (packet[1] ?? 0) / 256);
  }

  conceal(ticks: number): Float32Array | null {
    return this.#pcm(ticks, 0);
  }

  reset(): void {
    return;
  }

  free(): void {
    this.#freed = true;
  }

  #pcm(ticks: number, value: number): Float32Array | null {
    return this.#freed ? null : new Float32Array((ticks * SAMPLE_RATE) / OPUS_CLOCK_RATE).fill(value);
  }
}

/** Answers every frame with one grey pixel of its last byte; a frame that ends in 0xff is undecodable. */
export class FakeVideoDecoder implements VideoTrackDecoder {
  parameterSets: readonly Uint8Array[] = [];
  /** What it was given, in order. */
  readonly given: { data: Uint8Array; want: Want }[] = [];
  pending = 0;
  closed = false;
  /** Time that a frame is said to take. */
  decodeMs = 1;
  /** While true, jobs wait. */
  stalled = false;
  readonly #waiting: (() => void)[] = [];

  async decode(data: Uint8Array, want: Want): Promise<DecodedFrame | 'undecodable'> {
    this.given.push({ data, want });
    this.pending += 1;
    await (this.stalled ? new Promise<void>((resolve) => this.#waiting.push(resolve)) : undefined);
    this.pending -= 1;
    const value = data.at(-1) ?? BAD;
    if (value === BAD) return 'undecodable';
    if (want === 'reference') return { image: null, decodeMs: this.decodeMs };
    return {
      image: { width: 1, height: 1, data: Uint8Array.of(value, value, value) },
      decodeMs: this.decodeMs,
    };
  }

  resume(): void {
    this.stalled = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  close(): void {
    this.closed = true;
  }
}
