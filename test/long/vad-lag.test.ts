import { readFile } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { BoundaryPredictor, VadService, type SpeechProbability, type VadModelName } from '#modules/vad';
import { trueEndMs } from '../../tools/support/true-end.js';
import { readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';
import { decodeOggOpus } from '../../tools/eval/media.js';
import { percentile } from '../../tools/support/statistics.js';

// Real: Silero in its worker, the predictor, recordings whose true ends are known. The clock is virtual: packets come when
// they are whole, and a window's probability with the packet that fills it. What comes out is written down in
// modules/vad/README.md.

Logger.overrideLogger(false);

const PACKET_MS = 20;
const SILENCE_MS = 500;
const fixture = (path: string) => new URL(`../fixtures/${path}`, import.meta.url);
/** Two as they were recorded, three as they come out of Opus. */
const CLIPS = [
  ...['color-of-star', 'how-many-circles'].map((name) => readWav(fixture(`speech/${name}.wav`))),
  ...(await Promise.all(
    ['colour', 'count', 'change'].map(async (name) =>
      decodeOggOpus(await readFile(fixture(`call/${name}.ogg`))),
    ),
  )),
];
/** Peaks of the noise: −80, −60 and −40 dB. */
const NOISES = [0.0001, 0.001, 0.01];
/** Alignments to the windows (ms). */
const SHIFTS_MS = [0, 5, 11, 17, 23, 29];
/** Long enough for each clip and the silence after it; a whole number of windows of both models. */
const LENGTH_MS = 3648;

/** When the end of speech was known, after the true end (ms): one for each recording, noise and alignment. */
async function knownAfterMs(model: VadModelName): Promise<number[]> {
  const vad = new VadService({ model, maxQueuedMs: 60_000 });
  await vad.onModuleInit();
  try {
    const cases = CLIPS.flatMap((clip) =>
      NOISES.flatMap((noise) => SHIFTS_MS.map((shiftMs) => ({ clip, noise, atMs: 960 + shiftMs }))),
    );
    const known: number[] = [];
    for (const { clip, noise, atMs } of cases) {
      const pcm = timeline(LENGTH_MS, [{ pcm: clip, atMs }], noise);
      known.push(endKnownMs(pcm, await probabilities(vad, pcm)) - (atMs + trueEndMs(clip)));
    }
    return known;
  } finally {
    await vad.onModuleDestroy();
  }
}

async function probabilities(vad: VadService, pcm: Float32Array): Promise<SpeechProbability[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const results: SpeechProbability[] = [];
  const stream = vad.open({
    onProbability: (result) => {
      results.push(result);
      if (result.endMs >= LENGTH_MS) resolve();
    },
  });
  for (const { sound, ptsMs } of packets(pcm)) stream.push(sound, ptsMs);
  await promise;
  stream.close();
  return results;
}

/** When the end is known (ms): by a window's probability, or by the clock. */
function endKnownMs(pcm: Float32Array, windows: readonly SpeechProbability[]): number {
  const predictor = new BoundaryPredictor({ silence_duration_ms: SILENCE_MS });
  const isEnd = ({ t }: { t: string }) => t === 'speech_end';
  for (const { sound, ptsMs } of packets(pcm)) {
    predictor.sound(sound, ptsMs);
    const wholeAtMs = ptsMs + PACKET_MS;
    const filled = windows.filter(({ endMs }) => endMs > ptsMs && endMs <= wholeAtMs);
    if (filled.some(({ p, endMs, windowMs }) => predictor.push(p, endMs, windowMs).some(isEnd)))
      return wholeAtMs;
    for (let ms = wholeAtMs; ms < wholeAtMs + PACKET_MS; ms++) if (predictor.endBy(ms).some(isEnd)) return ms;
  }
  throw new Error('the end was not heard');
}

function* packets(pcm: Float32Array): Generator<{ sound: Float32Array; ptsMs: number }> {
  for (let ms = 0; ms < LENGTH_MS; ms += PACKET_MS)
    yield { sound: pcm.subarray(ms * 16, (ms + PACKET_MS) * 16), ptsMs: ms };
}

it.each(['v6', 'legacy'] as const)(
  '%s: the end is known when the silence asked for is over, counted from the true end',
  async (model) => {
    const off = (await knownAfterMs(model)).map((ms) => ms - SILENCE_MS);
    expect(Math.abs(percentile(off, 50)!)).toBeLessThanOrEqual(5);
    expect(percentile(off, 5)!).toBeGreaterThanOrEqual(-10);
    expect(percentile(off, 95)!).toBeLessThanOrEqual(10);
  },
  120_000,
);
