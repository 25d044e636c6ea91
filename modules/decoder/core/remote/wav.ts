import { SAMPLE_RATE } from '#modules/contracts';

const HEADER_BYTES = 44;
const BYTES_A_SAMPLE = 2;

/** Samples of what {@link wavOf} wrote. */
export function pcmOf(file: Uint8Array): Float32Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Math.max(0, Math.floor((file.length - HEADER_BYTES) / BYTES_A_SAMPLE));
  return Float32Array.from(
    { length },
    (_, index) => view.getInt16(HEADER_BYTES + index * BYTES_A_SAMPLE, true) / 0x7fff,
  );
}

/** A WAV file of 16 bit, mono. @param pcm 16 kHz mono, −1..1; what is beyond is clipped */
export function wavOf(pcm: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = pcm.length * BYTES_A_SAMPLE;
  const file = new Uint8Array(HEADER_BYTES + bytes);
  const view = new DataView(file.buffer);
  const ascii = (at: number, text: string) =>
    Array.from(text, (sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  ascii(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  ascii(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * BYTES_A_SAMPLE, true);
  view.setUint16(32, BYTES_A_SAMPLE, true);
  view.setUint16(34, 8 * BYTES_A_SAMPLE, true);
  ascii(36, 'data');
  view.setUint32(40, bytes, true);
  for (let index = 0; index < pcm.length; index++) {
    const sample = Math.max(-1, Math.min(1, pcm[index] ?? 0));
    view.setInt16(HEADER_BYTES + index * BYTES_A_SAMPLE, Math.round(sample * 0x7fff), true);
  }
  return file;
}
