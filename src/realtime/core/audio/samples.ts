import type { AudioFormat } from '@vis-a-vis/protocol';

/** Telephony runs at one rate (Hz). */
const G711_RATE = 8000;

/** Samples a second (Hz). */
export function rateOf(format: AudioFormat): number {
  return format.type === 'audio/pcm' ? format.rate : G711_RATE;
}

export function bytesPerSample(format: AudioFormat): number {
  return format.type === 'audio/pcm' ? 2 : 1;
}

export function bytesPerSecond(format: AudioFormat): number {
  return bytesPerSample(format) * rateOf(format);
}

/** Bytes as floats in −1..1. What is left of a sample at the end is ignored. */
export function toSamples(bytes: Uint8Array, format: AudioFormat): Float32Array {
  switch (format.type) {
    case 'audio/pcm':
      return pcm16(bytes);
    case 'audio/pcmu':
      return Float32Array.from(bytes, (byte) => MU_LAW[byte] ?? 0);
    case 'audio/pcma':
      return Float32Array.from(bytes, (byte) => A_LAW[byte] ?? 0);
  }
}

/** 16-bit little-endian mono. */
function pcm16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < out.length; i++) out[i] = view.getInt16(2 * i, true) / 32_768;
  return out;
}

const MU_LAW = table(muLaw);
const A_LAW = table(aLaw);

function table(expand: (byte: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => expand(byte) / 32_768);
}

/** ITU-T G.711: all bits inverted; sign, three bits of exponent, four of mantissa, and a bias of 33 (here at 16 bits). */
function muLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

/** ITU-T G.711: even bits inverted; here a sign bit of 1 is positive. The lowest segment is linear. */
function aLaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}
