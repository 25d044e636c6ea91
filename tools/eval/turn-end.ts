import type { OmniEngine, Segment } from '#modules/contracts';
import { quietestSample, quietRoom } from '../support/scripted-pause.js';
import { trueEndMs } from '../support/true-end.js';

/** 16 kHz. */
const SAMPLES_PER_MS = 16;
/** Silence (ms) behind both: a tentative pause and the detector's lag, after which a turn machine asks. Equal, so that it tells nothing. */
const SILENCE_MS = 160;

/** The model's probabilities that a turn is over. */
export interface TurnEndScores {
  /** At the end of the question. */
  readonly whole: number;
  /** At the quietest place in its middle. */
  readonly cut: number;
}

/**
 * What the turn-end head says of a question, whole and cut off inside. Null: the model has none.
 * @param speech 16 kHz mono
 */
export async function turnEndScores(engine: OmniEngine, speech: Float32Array): Promise<TurnEndScores | null> {
  const endAt = Math.ceil(trueEndMs(speech) * SAMPLES_PER_MS);
  const whole = await turnEndAt(engine, speech.subarray(0, endAt));
  const cut = await turnEndAt(engine, speech.subarray(0, quietestSample(speech)));
  return whole === null || cut === null ? null : { whole, cut };
}

/**
 * What the turn-end head says at the end of these samples, with a tentative pause behind them. Null: the model has none.
 * @param said 16 kHz mono
 */
export async function turnEndAt(engine: OmniEngine, said: Float32Array): Promise<number | null> {
  const pcm = withTail(said);
  const session = await engine.open({ system: '', tenant: 'eval' });
  try {
    await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
    const audio: Segment = { k: 'audio', id: 'audio', ptsMs: 0, pcm, final: true };
    return (await session.append(audio)).turnEnd ?? null;
  } finally {
    await session.close();
  }
}

/** With the silence behind it after which a turn machine asks. @param said 16 kHz mono */
export function withTail(said: Float32Array): Float32Array {
  const silence = quietRoom(SILENCE_MS);
  const pcm = new Float32Array(said.length + silence.length);
  pcm.set(said);
  pcm.set(silence, said.length);
  return pcm;
}
