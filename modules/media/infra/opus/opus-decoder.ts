import { SAMPLE_RATE } from '#modules/contracts';
import { createDecoder, isOpusError, type OpusDecoderHandle } from 'libopus-wasm';

import { OPUS_CLOCK_RATE } from '../../core/opus-packet.js';
import type { OpusDecoder } from '../../core/ports.js';

/** 20 ms of CELT's silence. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

const samples = (ticks: number) => Math.round((ticks * SAMPLE_RATE) / OPUS_CLOCK_RATE);

/** libopus decoding straight to 16 kHz mono: it resamples and mixes stereo down itself, at no cost. */
class LibopusDecoder implements OpusDecoder {
  readonly #handle: OpusDecoderHandle;
  #freed = false;

  constructor(handle: OpusDecoderHandle) {
    this.#handle = handle;
  }

  decode(packet: Uint8Array): Float32Array | null {
    return this.#try(() => this.#handle.decodeFloat(packet));
  }

  recover(packet: Uint8Array, ticks: number): Float32Array | null {
    return this.#try(() => this.#handle.decodeFloat(packet, { decodeFec: true, frameSize: samples(ticks) }));
  }

  conceal(ticks: number): Float32Array | null {
    return this.#try(() => this.#handle.decodePacketLossFloat(samples(ticks)));
  }

  reset(): void {
    // The library has no call for it. A silence of the other mode leaves SILK nothing of the speech before, and of CELT's memory nothing that sounds.
    for (let times = 0; times < 2; times += 1) this.decode(SILENCE);
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#handle.free();
  }

  /** What a stranger sends may be anything: a packet that libopus refuses is a null, which the caller counts. */
  #try(decode: () => Float32Array): Float32Array | null {
    if (this.#freed) return null;
    try {
      return decode();
    } catch (error) {
      if (isOpusError(error) || error instanceof RangeError) return null;
      throw error;
    }
  }
}

export async function openOpusDecoder(): Promise<OpusDecoder> {
  return new LibopusDecoder(await createDecoder({ sampleRate: SAMPLE_RATE, channels: 1 }));
}
