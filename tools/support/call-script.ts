import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAudio, readIvf, type AudioClip, type VideoClip } from '@vis-a-vis/client/node';
import { z } from 'zod';
import { REPOSITORY } from './repository.js';

const questionSchema = z.object({
  question: z.string(),
  /** The right answer, and its key words. */
  answer: z.string(),
  keys: z.array(z.string()),
  cats: z.array(z.string()),
  /** File of the spoken question, beside the script. */
  speech: z.string(),
  /** To be asked only when the event has been seen. */
  afterEvent: z.boolean(),
});
const scriptSchema = z.object({
  video: z.string(),
  /** When something happens in the video. */
  eventAtMs: z.number(),
  questions: z.array(questionSchema).min(1),
});

export type ScriptedQuestion = z.infer<typeof questionSchema> & { readonly clip: AudioClip };

/** A video, and spoken questions about it. */
export interface CallScript {
  readonly video: VideoClip;
  readonly eventAtMs: number;
  readonly questions: readonly ScriptedQuestion[];
}

/** The rendered call of test/fixtures, made by training/pocket/release/fixtures.py. */
export const CALL_FOLDER = join(REPOSITORY, 'test/fixtures/call');

export async function readCallScript(folder: string): Promise<CallScript> {
  const file = await readFile(join(folder, 'call.json'), 'utf8');
  const { video, eventAtMs, questions } = scriptSchema.parse(JSON.parse(file));
  return {
    video: await readIvf(join(folder, video)),
    eventAtMs,
    questions: await Promise.all(
      questions.map(async (question) => ({
        ...question,
        clip: await readAudio(join(folder, question.speech)),
      })),
    ),
  };
}
