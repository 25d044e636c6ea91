import type { Prefill } from '../core/context/context.js';
import type { ModelConfig } from '../core/model/model-config.js';
import type { DecodeBatch, DecoderOutput, OmniModel, TextCodec } from '../core/model/ports.js';
import type { AudioBlock, EncodedBlock } from '../core/inputs/utterance.js';

const DIM = 4;
const VOCAB = 24;
const END = 5;

/** One byte a character, wrapped into the toy's small vocabulary. */
export const TOY_CODEC: TextCodec = {
  special: { bos: 0, user: 1, assistant: 2, frame: 3, audio: 4, end: END },
  encode: (text) => Array.from(text, (char) => 6 + (((char.codePointAt(0) ?? 0) + 11) % (VOCAB - 6))),
  spelling: (id) => (id < 6 ? '' : String.fromCodePoint(97 - 6 + id)),
};

/** Spreads a number over 0..1, the same everywhere, with small differences in giving large ones out. */
function scramble(x: number): number {
  const spread = Math.sin(x * 12.9898 + 78.233) * 43_758.5453;
  return Math.fround(spread - Math.floor(spread));
}

function digest(values: Iterable<number>): number {
  let sum = 0;
  let index = 0;
  for (const value of values) sum = scramble(sum + value + ++index);
  return sum;
}

/**
 * A model of a few numbers in which every row depends on every row before it and on its position, exactly: one wrong,
 * missing or misplaced row changes all that follows.
 */
export class ToyModel implements OmniModel {
  readonly kv = { layers: 2, heads: 1, headDim: 2 };
  readonly config: ModelConfig = {
    modelId: 'toy',
    vision: { imageSize: 2, tokensPerFrame: 3, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    audio: {
      mels: 2,
      hop: 4,
      lead: 6,
      blockMelFrames: 8,
      melPerToken: 4,
      melPerFrame: 2,
      leftContextFrames: 6,
      layers: 1,
      heads: 2,
      headDim: 2,
      hiddenSize: 3,
      turnEnd: { layers: 1, heads: 1, headDim: 1 },
    },
    text: { hiddenSize: DIM, layers: 2, kvHeads: 1, headDim: 2, vocabSize: VOCAB, maxContextTokens: 512 },
    supportsInstructions: false,
  };
  /** Rows of each decoder run, in order. */
  readonly runs: number[] = [];
  /** Sequences of each run that was shared. */
  readonly batches: number[] = [];
  /** Position id of each decoder run's first row. */
  readonly positions: number[] = [];

  embed(ids: readonly number[]): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(ids.flatMap((id) => [id, id * 0.5, scramble(id), 1])));
  }

  encodeFrame(planes: Float32Array): Promise<Float32Array> {
    const seed = digest(planes);
    const size = this.config.vision.tokensPerFrame * DIM;
    return Promise.resolve(Float32Array.from({ length: size }, (_, index) => scramble(seed + index)));
  }

  encodeAudio(block: AudioBlock): Promise<EncodedBlock> {
    const { melPerToken, melPerFrame, heads, headDim, mels, hiddenSize } = this.config.audio;
    const past = [...block.past.keys, ...block.past.values].flatMap((rows) => [...rows]);
    const seed = digest([...block.pcm, block.position, ...block.conv1, ...block.conv2, ...past]);
    const filled = (length: number, salt: number) =>
      Float32Array.from({ length }, (_, index) => scramble(seed + salt + index));
    const frames = block.melFrames / melPerFrame;
    const rows = heads * headDim * frames;
    return Promise.resolve({
      features: filled((block.melFrames / melPerToken) * DIM, 1),
      conv1: filled(mels * 2, 2),
      conv2: filled(hiddenSize, 3),
      keys: [filled(rows, 4), filled(frames, 6)],
      values: [filled(rows, 5), filled(frames, 7)],
      turnEnd: filled(frames, 8),
    });
  }

  decode({ embeds, count, position, past }: Prefill): Promise<DecoderOutput> {
    this.runs.push(count);
    this.positions.push(position);
    return Promise.resolve(run(embeds, position, Array.from(past.keys[0] ?? [])));
  }

  decodeBatch({ embeds, positions, past }: DecodeBatch): Promise<DecoderOutput> {
    this.batches.push(positions.length);
    const slot = past.rows * this.kv.headDim;
    const outs = positions.map((position, at) => {
      const keys = (past.keys[0] ?? []).slice(at * slot, (at + 1) * slot);
      const bias = past.bias.subarray(at * past.rows, (at + 1) * past.rows);
      const known = Array.from(keys).filter((_, index) => bias[Math.floor(index / this.kv.headDim)] === 0);
      return run(embeds.subarray(at * DIM, (at + 1) * DIM), position, known);
    });
    const rows = Float32Array.from(outs.flatMap(({ keys }) => Array.from(keys[0] ?? [])));
    const logits = Float32Array.from(outs.flatMap((out) => Array.from(out.logits)));
    return Promise.resolve({ logits, keys: [rows, rows], values: [rows, rows] });
  }
}

/** Rows after those that are known. */
function run(embeds: Float32Array, position: number, known: readonly number[]): DecoderOutput {
  const fresh: number[] = [];
  let state = 0;
  for (let row = 0; row * DIM < embeds.length; row++) {
    const embed = embeds.subarray(row * DIM, (row + 1) * DIM);
    state = digest([...known, ...fresh, ...embed, position + row]);
    fresh.push(state, scramble(state));
  }
  const rows = Float32Array.from(fresh);
  const logits = Float32Array.from({ length: VOCAB }, (_, id) => (id < END ? -1 : scramble(state + id)));
  return { logits, keys: [rows, rows], values: [rows, rows] };
}
