import type { VideoTrackDecoder } from '#modules/media';
import type { JudgeService, SpeechProbability, Vad } from '#modules/vad';
import type { Paced } from './paced-engine.js';

/** The detector: each window's probability comes when the pace says. */
export function pacedVad(vad: Vad, { time, pace }: Paced): Vad {
  return {
    open: (handlers) => {
      /** Windows that are being scored; what is given up comes to null. */
      const waiting: PromiseWithResolvers<SpeechProbability | null>[] = [];
      const giveUp = (): void => {
        for (const { resolve } of waiting.splice(0)) resolve(null);
      };
      let closed = false;
      const stream = vad.open({
        ...handlers,
        onProbability: (result) => waiting.shift()?.resolve(result),
        onDrop: (reason, samples) => {
          if (reason === 'worker_lost') giveUp();
          handlers.onDrop?.(reason, samples);
        },
      });
      return {
        windowMs: stream.windowMs,
        get pending() {
          return stream.pending;
        },
        push: (pcm, ptsMs) => {
          const before = stream.pending;
          stream.push(pcm, ptsMs);
          for (let windows = stream.pending - before; windows > 0; windows--) {
            const scored = Promise.withResolvers<SpeechProbability | null>();
            waiting.push(scored);
            void time.after(pace.vadMs, scored.promise).then((result) => {
              if (result && !closed) handlers.onProbability(result);
            });
          }
        },
        close: () => {
          closed = true;
          giveUp();
          stream.close();
        },
      };
    },
  };
}

type Judge = Pick<JudgeService, 'models' | 'open'>;

/** The judge of sounds. It drops a judgement for a newer sound; here each is made, for which comes first is a matter of speed. */
export function pacedJudge(service: Judge, { time, pace }: Paced): Judge {
  return {
    models: service.models,
    open: () => {
      const judge = service.open();
      let done: Promise<unknown> = Promise.resolve();
      return {
        judge: (pcm, wanted) => {
          const judged = done.then(() => judge.judge(pcm, wanted));
          done = judged;
          return time.after(pace.judgeMs, judged);
        },
        close: () => judge.close(),
      };
    },
  };
}

/** A track's video decoder. */
export function pacedDecoder(decoder: VideoTrackDecoder, { time, pace }: Paced): VideoTrackDecoder {
  let pending = 0;
  let done: Promise<unknown> = Promise.resolve();
  return {
    parameterSets: decoder.parameterSets,
    get pending() {
      return pending;
    },
    decode: async (data, want) => {
      pending += 1;
      const decoded = decoder.decode(data, want);
      done = decoded;
      const result = await time.after(pace.frameMs * pending, decoded);
      pending -= 1;
      return typeof result === 'object' ? { ...result, decodeMs: pace.frameMs } : result;
    },
    // What was given to it is decoded: what is given up for being late depends on how fast it is.
    close: () => void done.then(() => decoder.close()),
  };
}
