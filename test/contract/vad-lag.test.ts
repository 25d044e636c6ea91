import { Logger } from '@nestjs/common';
import { BoundaryPredictor, detectedSilenceMs, VadService, type VadModelName } from '#modules/vad';
import { readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';
import { percentile } from '../../tools/support/statistics.js';

// Real: Silero in its worker, the predictor, two recordings whose true ends are known. What comes out is written down in
// modules/vad/README.md, and taken out of the silence that ends a turn.

Logger.overrideLogger(false);

const PACKET_MS = 20;
const SILENCE_MS = 500;
const CLIPS = ['color-of-star', 'how-many-circles'].map((name) =>
  readWav(new URL(`../fixtures/speech/${name}.wav`, import.meta.url)),
);
const NOISES = [0.0001, 0.001, 0.01];
/** Alignments to the windows (ms). */
const SHIFTS_MS = [0, 5, 11, 17, 23, 29];
/** Long enough for each clip and the silence after it; a whole number of windows of both models. */
const LENGTH_MS = 3360;

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
      const heardToMs = await endKnownMs(vad, timeline(LENGTH_MS, [{ pcm: clip, atMs }], noise));
      known.push(heardToMs - (atMs + clip.length / 16));
    }
    return known;
  } finally {
    await vad.onModuleDestroy();
  }
}

/** End of the packet (media clock, ms) with which the end of speech is known. */
async function endKnownMs(vad: VadService, pcm: Float32Array): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const predictor = new BoundaryPredictor();
  const stream = vad.open({
    onProbability: ({ p, endMs, windowMs }) => {
      const end = predictor.push(p, endMs, windowMs).find(({ t }) => t === 'speech_end');
      if (end) resolve(Math.ceil(end.atMs / PACKET_MS) * PACKET_MS);
      else if (endMs + windowMs > LENGTH_MS) reject(new Error('the end was not heard'));
    },
  });
  predictor.configure({ silence_duration_ms: detectedSilenceMs(SILENCE_MS, stream.windowMs) });
  for (let ms = 0; ms < LENGTH_MS; ms += PACKET_MS)
    stream.push(pcm.subarray(ms * 16, (ms + PACKET_MS) * 16), ms);
  try {
    return await promise;
  } finally {
    stream.close();
  }
}

// A window is 32 or 96 ms: no nearer can the median be.
it.each([
  ['v6', 16, 96],
  ['legacy', 48, 150],
] as const)(
  '%s: half of all ends are known within %i ms of the silence asked for, counted from the true end',
  async (model, medianMs, lateMs) => {
    const off = (await knownAfterMs(model)).map((ms) => ms - SILENCE_MS);
    expect(Math.abs(percentile(off, 50)!)).toBeLessThanOrEqual(medianMs);
    expect(percentile(off, 95)!).toBeLessThanOrEqual(lateMs);
  },
  120_000,
);
