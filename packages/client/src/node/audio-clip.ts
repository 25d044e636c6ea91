import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Application, createEncoder, getPacketInfo, Signal } from 'libopus-wasm';
import prism from 'prism-media';

const RATE = 48_000;
const FRAME = 960; // 20 ms
const TICKS_PER_MS = 48;

/** Opus packets that can be sent as they are. */
export interface AudioClip {
  readonly packets: readonly Uint8Array[];
  /** Duration of each packet, in ticks of the 48 kHz RTP clock. */
  readonly ticks: readonly number[];
  readonly durationMs: number;
}

export interface EncodeOptions {
  /** Bits a second. Default 24 000, what a browser uses for speech. */
  readonly bitrate?: number;
  /** In-band redundancy against loss. Default true. */
  readonly fec?: boolean;
}

/**
 * Reads a speech file: Ogg/Opus is sent as it is, WAV (PCM16) is encoded.
 * @throws Error where the file is neither
 */
export async function readAudio(path: string, options: EncodeOptions = {}): Promise<AudioClip> {
  const file = await readFile(path);
  if (file.toString('latin1', 0, 4) === 'OggS') return readOggOpus(file);
  const { pcm, rate } = parseWav(file);
  return encodePcm(pcm, rate, options);
}

/** The Opus packets of an Ogg file. */
export async function readOggOpus(file: Buffer): Promise<AudioClip> {
  const packets: Uint8Array[] = [];
  const demuxer = Readable.from([file]).pipe(new prism.opus.OggDemuxer());
  for await (const packet of demuxer as AsyncIterable<Buffer>) packets.push(packet);
  const infos = await Promise.all(packets.map((packet) => getPacketInfo(packet, { sampleRate: RATE })));
  return clip(
    packets,
    infos.map((info) => info.samples),
  );
}

/**
 * Encodes mono PCM into packets of 20 ms.
 * @param pcm −1..1
 * @param rate samples a second; what Opus does not take is resampled to 48 kHz
 */
export async function encodePcm(
  pcm: Float32Array,
  rate: number,
  options: EncodeOptions = {},
): Promise<AudioClip> {
  const samples = rate === RATE ? pcm : resample(pcm, rate);
  const encoder = await createEncoder({
    sampleRate: RATE,
    channels: 1,
    application: Application.Voip,
    signal: Signal.Voice,
    bitrate: options.bitrate ?? 24_000,
    fec: options.fec ?? true,
    packetLossPercent: 5,
  });
  try {
    const packets: Uint8Array[] = [];
    for (let at = 0; at < samples.length; at += FRAME) {
      const frame = new Float32Array(FRAME);
      frame.set(samples.subarray(at, at + FRAME));
      packets.push(encoder.encodeFloat(frame));
    }
    return clip(
      packets,
      packets.map(() => FRAME),
    );
  } finally {
    encoder.free();
  }
}

/** What a microphone sends in a quiet room: encoded near-silence, a packet each 20 ms. */
export function silence(durationMs: number): Promise<AudioClip> {
  return encodePcm(new Float32Array((durationMs * RATE) / 1000), RATE);
}

function clip(packets: readonly Uint8Array[], ticks: readonly number[]): AudioClip {
  return { packets, ticks, durationMs: ticks.reduce((sum, n) => sum + n, 0) / TICKS_PER_MS };
}

/**
 * Reads a PCM16 WAV file; further channels are mixed down.
 * @throws Error where the file is no such WAV
 */
export function parseWav(file: Buffer): { pcm: Float32Array; rate: number } {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  let format: { channels: number; rate: number } | null = null;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (id === 'fmt ') {
      if (body.readUInt16LE(0) !== 1 || body.readUInt16LE(14) !== 16)
        throw new Error('the WAV file is not PCM16');
      format = { channels: body.readUInt16LE(2), rate: body.readUInt32LE(4) };
    }
    if (id === 'data' && format) return { pcm: mixDown(body, format.channels), rate: format.rate };
    at += 8 + size + (size & 1);
  }
  throw new Error('the WAV file has no samples');
}

function mixDown(body: Buffer, channels: number): Float32Array {
  const pcm = new Float32Array(Math.floor(body.length / 2 / channels));
  for (let i = 0; i < pcm.length; i += 1) {
    let sum = 0;
    for (let c = 0; c < channels; c += 1) sum += body.readInt16LE((i * channels + c) * 2);
    pcm[i] = sum / channels / 32_768;
  }
  return pcm;
}

/** Linear interpolation up to 48 kHz: what speech at 16 or 22 kHz holds is far below its images. */
function resample(pcm: Float32Array, rate: number): Float32Array {
  const out = new Float32Array(Math.floor((pcm.length * RATE) / rate));
  for (let i = 0; i < out.length; i += 1) {
    const at = (i * rate) / RATE;
    const left = Math.floor(at);
    const a = pcm[left] ?? 0;
    const b = pcm[left + 1] ?? a;
    out[i] = a + (b - a) * (at - left);
  }
  return out;
}
