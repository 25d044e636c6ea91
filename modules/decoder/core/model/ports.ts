import type { BatchPast } from '../scheduling/batch-slab.js';
import type { Prefill } from '../context/context.js';
import type { KvShape, LayerRows } from '../context/kv-cache.js';
import type { ModelConfig, SpecialTokens } from './model-config.js';
import type { AudioBlock, EncodedBlock } from '../inputs/utterance.js';

/** What a decoder run gives: the logits of the last row, and the keys and values of all rows that were put in. */
export interface DecoderOutput {
  /** `[vocab]` */
  readonly logits: Float32Array;
  readonly keys: LayerRows;
  readonly values: LayerRows;
}

/** The next row of each of several sequences. */
export interface DecodeBatch {
  /** `[sequences, dim]` */
  readonly embeds: Float32Array;
  /** Position id of each row. */
  readonly positions: readonly number[];
  readonly past: BatchPast;
}

/** The model's parts. One call at a time; errors are `engine_failed`. */
export interface OmniModel {
  readonly config: ModelConfig;
  /** Shape of the decoder's cache, as the model itself declares it. */
  readonly kv: KvShape;
  /** Embeddings `[ids, dim]`; more rows where an id is a mark that stands for several tokens. */
  embed(ids: readonly number[]): Promise<Float32Array>;
  /** @param planes `[3, size, size]`, normalised. Returns `[tokensPerFrame, dim]`. */
  encodeFrame(planes: Float32Array): Promise<Float32Array>;
  encodeAudio(block: AudioBlock): Promise<EncodedBlock>;
  decode(rows: Prefill): Promise<DecoderOutput>;
  /**
   * One row each of several sequences, as {@link decode} would compute them one by one. Logits are `[sequences, vocab]`,
   * keys and values `[sequences, heads, 1, headDim]` a layer. A model without this runs one sequence at a time.
   */
  decodeBatch?(batch: DecodeBatch): Promise<DecoderOutput>;
}

/** Text to token ids and back. */
export interface TextCodec {
  readonly special: SpecialTokens;
  /** The tokens that end an answer; left out: `special.end` alone. */
  readonly stops?: ReadonlySet<number>;
  encode(text: string): number[];
  /** The vocabulary's spelling of a token in byte-level BPE; '' for a special token. */
  spelling(id: number): string;
}
