import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../../tools/eval/check.js';
import { decodeOggOpus } from '../../tools/eval/media.js';
import { CALL_FOLDER, readCallScript } from '../../tools/support/call-script.js';
import { REPOSITORY } from '../../tools/support/repository.js';

/** What is sent by event is in this rate (Hz), which is OpenAI's own. */
export const WIRE_RATE = 24_000;

interface AskedQuestion {
  readonly text: string;
  /** Whether an answer says what is right, and nothing else of its kind. */
  readonly right: (answer: string) => boolean;
}

/** A picture, and questions about it: what every client is tried with. */
export interface QuestionMaterial {
  /** A JPEG file. */
  readonly picture: Buffer;
  readonly pictureUrl: string;
  /** `spoken`, said: PCM16 at the wire's rate. */
  readonly speech: Buffer;
  readonly spoken: AskedQuestion;
  readonly typed: AskedQuestion;
}

/** The table as the tests' camera shows it, "what color is the star" by voice, "how many shapes are there" in writing. */
export async function readQuestionMaterial(): Promise<QuestionMaterial> {
  const { questions } = await readCallScript(CALL_FOLDER);
  const asked = (name: string): AskedQuestion & { speech: string } => {
    const { question, keys, cats, speech } = questions.find((one) => one.speech === `${name}.ogg`)!;
    return { text: question, right: (answer) => check(answer, keys, cats), speech };
  };
  const spoken = asked('colour');
  const picture = firstPicture(await readFile(join(REPOSITORY, 'test/fixtures/e2e/table.mjpeg')));
  return {
    picture,
    pictureUrl: `data:image/jpeg;base64,${picture.toString('base64')}`,
    speech: toPcm16(await decodeOggOpus(await readFile(join(CALL_FOLDER, spoken.speech)), WIRE_RATE)),
    spoken,
    typed: asked('count'),
  };
}

/** Motion JPEG is one JPEG file after the other. */
function firstPicture(file: Buffer): Buffer {
  return file.subarray(0, file.indexOf(Buffer.from([0xff, 0xd9])) + 2);
}

/** @param samples −1..1 */
export function toPcm16(samples: Float32Array): Buffer {
  const clamped = Int16Array.from(samples, (x) =>
    Math.max(-32_768, Math.min(32_767, Math.round(x * 32_767))),
  );
  return Buffer.from(clamped.buffer);
}
