import type { Segment } from '#modules/contracts';
import { LocalSession, localHost } from './local-session.js';
import type { Material } from './random-steps.js';
import { TOY_CODEC, ToyModel } from './toy-model.js';

// A session of the real core over a toy model, and what the tests of it say.

export const material: Material = {
  maxSamples: 90,
  frame: (id, seed) => ({
    k: 'frame',
    id,
    ptsMs: seed,
    image: {
      width: 2,
      height: 2,
      data: Uint8Array.from({ length: 12 }, (_, index) => (seed * 31 + index) % 256),
    },
  }),
  sound: (seed, samples) => Float32Array.from({ length: samples }, (_, index) => Math.sin(seed + index)),
};

export const edge = (id: string, at: 'open' | 'close', role: 'user' | 'assistant' = 'user'): Segment => ({
  k: 'turn',
  id,
  role,
  edge: at,
});
export const text = (id: string, content = id): Segment => ({ k: 'text', id, text: content });
export const audio = (id: string, samples: number, final: boolean, utterance?: string): Segment => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: material.sound(1, samples),
  final,
  ...(utterance !== undefined && { utterance }),
});

export async function openToy(budgetTokens?: number) {
  const model = new ToyModel();
  const host = await localHost(model, TOY_CODEC);
  return { model, host, session: await LocalSession.open(host, budgetTokens) };
}

export async function ask(session: LocalSession, id: string): Promise<void> {
  await session.append(edge(`${id} open`, 'open'));
  await session.append(text(`${id} text`));
  await session.append(edge(`${id} close`, 'close'));
}
