/** Half the filter's length, in samples at 48 kHz. */
const HALF = 30;
/** A windowed-sinc low pass at 48 kHz, the common multiple of 24 and 16 kHz; cut off just below 8 kHz. */
const FILTER = lowPass(7600 / 48_000);

/** 16-bit little-endian mono PCM as floats in −1..1. An odd last byte is ignored. */
export function pcm16ToFloat(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < out.length; i++) out[i] = view.getInt16(2 * i, true) / 32_768;
  return out;
}

/** Resamples 24 kHz to 16 kHz: two of three samples, after a low pass, without delay. */
export function resample24To16(input: Float32Array): Float32Array {
  const out = new Float32Array(Math.floor((input.length * 2) / 3));
  for (let n = 0; n < out.length; n++) {
    // Output n lies at 3n on the 48 kHz grid; input samples lie at its even points.
    const center = 3 * n;
    const first = Math.max(0, Math.ceil((center - HALF) / 2));
    const last = Math.min(input.length - 1, Math.floor((center + HALF) / 2));
    let sum = 0;
    for (let i = first; i <= last; i++) sum += (input[i] ?? 0) * (FILTER[center - 2 * i + HALF] ?? 0);
    out[n] = sum;
  }
  return out;
}

/** @param cutoff as a fraction of the sample rate. The gain of 2 makes up for the zeros between input samples. */
function lowPass(cutoff: number): Float32Array {
  const taps = new Float32Array(2 * HALF + 1);
  for (let k = -HALF; k <= HALF; k++) {
    const sinc = k === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * k) / (Math.PI * k);
    const hann = 0.5 + 0.5 * Math.cos((Math.PI * k) / (HALF + 1));
    taps[k + HALF] = 2 * sinc * hann;
  }
  return taps;
}
