import { Logger } from '@nestjs/common';
import { BoundaryPredictor, VadService } from '#modules/vad';
import { readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';
import { percentile } from '../../tools/support/statistics.js';

Logger.overrideLogger(false);

const PACKET_MS = 20;
const CLIPS = ['color-of-star', 'how-many-circles'].map((name) =>
  readWav(new URL(`../fixtures/speech/${name}.wav`, import.meta.url)),
);

async function endsKnown(model: 'v6' | 'legacy'): Promise<{ lag: number[]; end: number[] }> {
  const vad = new VadService({ model, maxQueuedMs: 60_000 });
  await vad.onModuleInit();
  const lag: number[] = [];
  const end: number[] = [];
  try {
    for (const clip of CLIPS) {
      for (const noise of [0.0001, 0.001, 0.01]) {
        for (const shiftMs of [0, 5, 11, 17, 23, 29]) {
          const atMs = 960 + shiftMs;
          const endMs = atMs + clip.length / 16;
          const lengthMs = Math.ceil((endMs + 1000) / 96 / 5) * 96 * 5;
          const pcm = timeline(lengthMs, [{ pcm: clip, atMs }], noise);
          const predictor = new BoundaryPredictor();
          const { promise, resolve } = Promise.withResolvers<void>();
          const stream = vad.open({
            onProbability: (r) => {
              for (const event of predictor.push(r.p, r.endMs, r.windowMs)) {
                if (event.t === 'speech_end') {
                  const known = Math.ceil(event.atMs / PACKET_MS) * PACKET_MS;
                  lag.push(known - endMs - predictor.config.silence_duration_ms);
                  end.push(event.speechEndMs - endMs);
                }
              }
              if (r.endMs >= lengthMs - 96) resolve();
            },
          });
          for (let ms = 0; ms < lengthMs; ms += PACKET_MS) stream.push(pcm.subarray(ms * 16, (ms + PACKET_MS) * 16), ms);
          await promise;
          stream.close();
        }
      }
    }
  } finally {
    await vad.onModuleDestroy();
  }
  return { lag, end };
}

it.each(['v6', 'legacy'] as const)('%s', async (model) => {
  const { lag, end } = await endsKnown(model);
  const p = (v: number[]) => [0, 5, 50, 95, 100].map((x) => percentile(v, x));
  console.log(model, lag.length, 'known', p(lag), 'end', p(end));
  expect(lag.length).toBeGreaterThan(0);
}, 300_000);
