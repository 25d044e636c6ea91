import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePcm, readOggOpus, type AudioClip } from '@vis-a-vis/client/node';
import { z } from 'zod';
import { atLevel, RATE } from '../sounds/signal.js';
import { sound } from '../sounds/voiced.js';
import { REPOSITORY } from '../support/repository.js';

const PHRASES = join(REPOSITORY, 'tools/sounds/phrases');
const setSchema = z.object({
  pieces: z.array(z.object({ id: z.string(), voice: z.string(), speech: z.tuple([z.int(), z.int()]) })),
});

/** Something of `tools/sounds/phrases`, as it is: Opus. @throws RangeError: nobody says it in this voice */
export async function phrase(id: string, voice: string): Promise<AudioClip> {
  const { pieces } = setSchema.parse(JSON.parse(await readFile(join(PHRASES, 'phrases.json'), 'utf8')));
  const piece = pieces.find((one) => one.id === id && one.voice === voice);
  if (!piece) throw new RangeError(`nobody says ${id} in the voice ${voice}`);
  const [at, bytes] = piece.speech;
  return readOggOpus((await readFile(join(PHRASES, 'phrases.bin'))).subarray(at, at + bytes));
}

/** Somebody sings: it begins as speech does, and is nobody's question. */
export function singing(): Promise<AudioClip> {
  return encodePcm(atLevel(sound('sing', { seconds: 2, seed: 4 }), -18), RATE);
}
