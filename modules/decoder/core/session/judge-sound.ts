import type { EarTold } from '#modules/contracts';
import { Utterance } from '../inputs/utterance.js';
import { Operation } from './operation.js';
import type { SessionHost } from './session-host.js';

/**
 * What the ear tells of a sound by itself: beside what sessions wait for, and nothing remembers it.
 * @param pcm 16 kHz mono
 * @throws `bad_audio`
 */
export async function judgeSound(
  { model, scheduler }: Pick<SessionHost, 'model' | 'scheduler'>,
  pcm: Float32Array,
): Promise<EarTold> {
  const { config } = model;
  const utterance = new Utterance(config.audio, config.text.hiddenSize);
  utterance.append(pcm);
  const operation = new Operation('commit', null);
  let told: EarTold = {};
  try {
    for (let block = utterance.nextBlock(true); block; block = utterance.nextBlock(true)) {
      const next = block;
      const encoded = await scheduler.run(operation, () => model.encodeAudio(next));
      told = utterance.toldOf(next, encoded);
      utterance.takeEncoded(next, encoded);
    }
    return told;
  } finally {
    utterance.release();
  }
}
