import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Offset and length in a file of blobs, bytes. */
const span = z.tuple([z.number().int().min(0), z.number().int().min(1)]);

const questionSchema = z.object({
  id: z.string(),
  family: z.string(),
  /** espeak: by held-out voices; flite: by a synthesiser that training never hears. */
  synthesiser: z.enum(['espeak', 'flite']),
  question: z.string(),
  answer: z.string(),
  keys: z.array(z.string()),
  cats: z.array(z.string()),
  frames: z.array(span),
  speech: span,
});
const setSchema = z.object({ questions: z.array(questionSchema) });

/** A spoken question about some pictures, and the key words of its right answer. */
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
    for (const { id, frames: pictures, speech: spoken } of questions) {
      const whole = pictures.every((at) => fits(frames, at)) && fits(speech, spoken);
      if (!whole) throw new RangeError(`${id} lies outside of frames.bin or speech.bin`);
    }
    return new TestSet(questions, frames, speech);
  }

  /** JPEG files, in the order in which the camera showed them. */
  pictures(question: TestQuestion): Buffer[] {
    return question.frames.map(([offset, length]) => this.#frames.subarray(offset, offset + length));
  }

  /** An Ogg/Opus file. */
  speech({ speech: [offset, length] }: TestQuestion): Buffer {
    return this.#speech.subarray(offset, offset + length);
  }
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
