import type { EngineSession, OmniEngine, Segment } from '#modules/contracts';
import type { TurnMaterial } from './media.js';

/** More than the longest right answer, a caption of four objects. */
const MAX_TOKENS = 128;

export interface Conversation {
  /** At least one; the last is the question. */
  readonly turns: readonly TurnMaterial[];
  /** The speech is given in blocks of so many samples; `Infinity`: at once. */
  readonly blockSamples: number;
}

export interface EngineAnswer {
  readonly text: string;
  readonly ids: readonly number[];
}

/**
 * Holds a conversation in a session of its own, as the gateway does: what the model answers becomes part of the context,
 * right or wrong. @returns the last turn's greedy answer
 */
export async function converse(
  engine: OmniEngine,
  { turns, blockSamples }: Conversation,
): Promise<EngineAnswer> {
  const session = await engine.open({ system: '', tenant: 'eval' });
  try {
    let last: (EngineAnswer & { genId: string }) | null = null;
    for (const [number, turn] of turns.entries()) {
      if (last) await session.accept(last.genId);
      // Called ahead of their results, as the gateway does.
      await Promise.all(segments(turn, number, blockSamples).map((segment) => session.append(segment)));
      last = await answer(session);
    }
    if (!last) throw new RangeError('a conversation needs at least one turn');
    return last;
  } finally {
    await session.close();
  }
}

async function answer(session: EngineSession): Promise<EngineAnswer & { genId: string }> {
  const ids: number[] = [];
  let text = '';
  let genId = '';
  for await (const event of session.generate({ maxTokens: MAX_TOKENS })) {
    if (event.t === 'start') genId = event.genId;
    if (event.t !== 'token') continue;
    ids.push(event.id);
    text += event.text;
  }
  return { text: text.trim(), ids, genId };
}

/** The user's turn: the pictures, then what was said. */
function segments({ frames, speech }: TurnMaterial, turn: number, blockSamples: number): Segment[] {
  const pictures = frames.map((image, at): Segment => ({
    k: 'frame',
    id: `frame ${turn}.${at}`,
    ptsMs: at * 1000,
    image,
  }));
  return [
    { k: 'turn', id: `open ${turn}`, role: 'user', edge: 'open' },
    ...pictures,
    ...(speech ? audioBlocks(speech, turn, blockSamples) : []),
    { k: 'turn', id: `close ${turn}`, role: 'user', edge: 'close' },
  ];
}

function audioBlocks(speech: Float32Array, turn: number, blockSamples: number): Segment[] {
  const blocks: Segment[] = [];
  for (let at = 0; at < speech.length; at += blockSamples) {
    const end = Math.min(speech.length, at + blockSamples);
    const pcm = speech.subarray(at, end);
    blocks.push({ k: 'audio', id: `audio ${turn}.${at}`, ptsMs: at / 16, pcm, final: end === speech.length });
  }
  return blocks;
}
