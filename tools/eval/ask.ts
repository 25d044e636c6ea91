import type { OmniEngine, RgbImage, Segment } from '#modules/contracts';

/** More than the longest right answer, a caption of four objects. */
const MAX_TOKENS = 128;

export interface Question {
  readonly frames: readonly RgbImage[];
  /** 16 kHz mono; null: nothing is said. */
  readonly speech: Float32Array | null;
  /** The speech is given in blocks of so many samples; `Infinity`: at once. */
  readonly blockSamples: number;
}

export interface EngineAnswer {
  readonly text: string;
  readonly ids: readonly number[];
}

/** One greedy answer of a fresh session. Segments are called ahead of their results, as the gateway does. */
export async function ask(engine: OmniEngine, question: Question): Promise<EngineAnswer> {
  const session = await engine.open({ system: '', tenant: 'eval' });
  try {
    await Promise.all(segments(question).map((segment) => session.append(segment)));
    const ids: number[] = [];
    let text = '';
    for await (const event of session.generate({ maxTokens: MAX_TOKENS })) {
      if (event.t !== 'token') continue;
      ids.push(event.id);
      text += event.text;
    }
    return { text: text.trim(), ids };
  } finally {
    await session.close();
  }
}

/** The user's turn: the pictures, then what was said. */
function segments({ frames, speech, blockSamples }: Question): Segment[] {
  const pictures = frames.map((image, at): Segment => ({
    k: 'frame',
    id: `frame ${at}`,
    ptsMs: at * 1000,
    image,
  }));
  return [
    { k: 'turn', id: 'open', role: 'user', edge: 'open' },
    ...pictures,
    ...(speech ? audioBlocks(speech, blockSamples) : []),
    { k: 'turn', id: 'close', role: 'user', edge: 'close' },
  ];
}

function audioBlocks(speech: Float32Array, blockSamples: number): Segment[] {
  const blocks: Segment[] = [];
  for (let at = 0; at < speech.length; at += blockSamples) {
    const end = Math.min(speech.length, at + blockSamples);
    const pcm = speech.subarray(at, end);
    blocks.push({ k: 'audio', id: `audio ${at}`, ptsMs: at / 16, pcm, final: end === speech.length });
  }
  return blocks;
}
