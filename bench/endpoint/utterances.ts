import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeOggOpus } from '../../tools/eval/media.js';
import { spread, TestSet } from '../../tools/eval/test-set.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { quietRoom, withPause } from '../../tools/support/scripted-pause.js';

const PAUSES = join(REPOSITORY, 'tools/sounds/pauses');
/** Hesitations (ms); 0 is none. Taken in turn. */
const PAUSES_MS = [0, 200, 400, 700, 1000, 1500];
/** Of 16 kHz. */
const SAMPLES_PER_MS = 16;

const pausesSchema = z.object({
  clips: z.array(
    z.object({
      question: z.string(),
      voice: z.string(),
      speech: z.tuple([z.number().int(), z.number().int()]),
      endMs: z.number(),
      /** Left out: it is said without a pause. */
      pauseAtMs: z.number().optional(),
    }),
  ),
});

/** A question with a pause inside, or none. Times are ms from its beginning. */
export interface Utterance {
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  /** 0: there is none. */
  readonly pauseMs: number;
  readonly pauseAtMs: number | null;
  /** Labelled end of the speech. */
  readonly endMs: number;
}

/** Questions by natural voices that hesitate, and sound like it; how long the hesitation lasts is ours. */
export async function naturalUtterances(count: number): Promise<Utterance[]> {
  const [list, blob] = await Promise.all([
    readFile(join(PAUSES, 'pauses.json'), 'utf8'),
    readFile(join(PAUSES, 'pauses.bin')),
  ]);
  const lengths = PAUSES_MS.filter((ms) => ms > 0);
  let paused = 0;
  return Promise.all(
    spread(pausesSchema.parse(JSON.parse(list)).clips, count).map(async ({ speech, pauseAtMs, endMs }) => {
      const length = pauseAtMs === undefined ? 0 : (lengths[paused++ % lengths.length] ?? 0);
      const pcm = await decodeOggOpus(blob.subarray(speech[0], speech[0] + speech[1]));
      const at = pauseAtMs ?? 0;
      return {
        pcm: length > 0 ? inserted(pcm, quietRoom(length), at * SAMPLES_PER_MS) : pcm,
        pauseMs: length,
        pauseAtMs: pauseAtMs ?? null,
        endMs: endMs + length,
      };
    }),
  );
}

/** Questions by robots, parted where they are quietest. */
export async function robotUtterances(count: number): Promise<Utterance[]> {
  const set = await TestSet.read(join(REPOSITORY, 'tools/eval/set'));
  const utterances: Utterance[] = [];
  for (const [index, question] of spread(set.questions, count).entries()) {
    const pauseMs = PAUSES_MS[index % PAUSES_MS.length] ?? 0;
    const { pcm, endMs, pauseAtMs } = withPause(await decodeOggOpus(set.speech(question)), pauseMs);
    utterances.push({ pcm, pauseMs, pauseAtMs: pauseMs > 0 ? pauseAtMs : null, endMs });
  }
  return utterances;
}

function inserted(pcm: Float32Array, gap: Float32Array, at: number): Float32Array {
  const out = new Float32Array(pcm.length + gap.length);
  out.set(pcm.subarray(0, at));
  out.set(gap, at);
  out.set(pcm.subarray(at), at + gap.length);
  return out;
}
