import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../../tools/eval/check.js';
import { decodeOggOpus } from '../../tools/eval/media.js';
import { CALL_FOLDER, readCallScript } from '../../tools/support/call-script.js';
import { readStill } from '../../tools/support/still.js';

/** What is sent by event is in this rate (Hz), which is OpenAI's own. */
export const WIRE_RATE = 24_000;

interface AskedQuestion {
  readonly text: string;
  /** The answer, unless it says what is right and nothing else of its kind: then null. */
  readonly wrong: (answer: string) => string | null;
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
    return { text: question, wrong: (answer) => (check(answer, keys, cats) ? null : answer), speech };
  };
  const spoken = asked('colour');
  const picture = await readStill();
  return {
    picture,
    pictureUrl: `data:image/jpeg;base64,${picture.toString('base64')}`,
    speech: toPcm16(await decodeOggOpus(await readFile(join(CALL_FOLDER, spoken.speech)), WIRE_RATE)),
    spoken,
    typed: asked('count'),
  };
}

/** @param samples −1..1 */
export function toPcm16(samples: Float32Array): Buffer {
  const clamped = Int16Array.from(samples, (x) =>
    Math.max(-32_768, Math.min(32_767, Math.round(x * 32_767))),
  );
  return Buffer.from(clamped.buffer);
}

const BYTES_PER_MS = (WIRE_RATE * 2) / 1000;
/** Of a microphone's pieces (ms). */
const PIECE_MS = 40;
/** Before somebody speaks, and what a turn ends in (ms). */
const BEFORE_MS = 300;
const AFTER_MS = 1500;

/** A microphone that somebody speaks into: what is said and the silence around it, piece by piece, in real time. */
export async function sayAloud(speech: Buffer, send: (piece: Buffer) => void): Promise<void> {
  const silence = (ms: number) => Buffer.alloc(ms * BYTES_PER_MS);
  const all = Buffer.concat([silence(BEFORE_MS), speech, silence(AFTER_MS)]);
  const size = PIECE_MS * BYTES_PER_MS;
  const beganMs = performance.now();
  for (let at = 0; at < all.length; at += size) {
    await sleep(Math.max(0, beganMs + at / BYTES_PER_MS - performance.now()));
    send(all.subarray(at, at + size));
  }
}
