import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeOggOpus } from '../../tools/eval/media.js';
import type { Piece, Pieces } from '../../tools/sounds/clip.js';
import { REPOSITORY } from '../../tools/support/repository.js';

export const PHRASES = join(REPOSITORY, 'tools/sounds/phrases');

const setSchema = z.object({
  pieces: z.array(
    z.object({
      id: z.string(),
      lang: z.enum(['en', 'zh']),
      voice: z.string(),
      text: z.string(),
      speech: z.tuple([z.number().int(), z.number().int()]),
      startMs: z.number(),
      endMs: z.number(),
    }),
  ),
});

/** What strangers say: whole sentences that are about nothing on the table. */
const TALK = new Set(['weather', 'market', 'match', 'dinner', 'train']);

interface Said {
  readonly voice: string;
  readonly pcm: Float32Array;
}

/** The spoken pieces that `tools/sounds/make/phrases.py` makes. */
export class SpokenPieces implements Pieces {
  readonly #pieces: ReadonlyMap<string, Piece>;
  readonly #talk: readonly Said[];

  private constructor(pieces: ReadonlyMap<string, Piece>, talk: readonly Said[]) {
    this.#pieces = pieces;
    this.#talk = talk;
  }

  static async read(folder = PHRASES): Promise<SpokenPieces> {
    const [list, blob] = await Promise.all([
      readFile(join(folder, 'phrases.json'), 'utf8'),
      readFile(join(folder, 'phrases.bin')),
    ]);
    const { pieces } = setSchema.parse(JSON.parse(list));
    const found = new Map<string, Piece>();
    const talk: Said[] = [];
    for (const { id, voice, startMs, endMs, speech } of pieces) {
      const pcm = await decodeOggOpus(blob.subarray(speech[0], speech[0] + speech[1]));
      found.set(`${id} ${voice}`, { pcm, startMs, endMs });
      if (TALK.has(id)) talk.push({ voice, pcm });
    }
    return new SpokenPieces(found, talk);
  }

  find(id: string, voice: string): Piece {
    const piece = this.#pieces.get(`${id} ${voice}`);
    if (!piece) throw new RangeError(`nobody says ${id} in the voice ${voice}`);
    return piece;
  }

  talk(seed: number, voice: string | undefined): readonly Float32Array[] {
    const others = this.#talk.filter((said) => said.voice !== voice);
    const first = seed % Math.max(1, others.length);
    return [...others.slice(first), ...others.slice(0, first)].map(({ pcm }) => pcm);
  }
}
