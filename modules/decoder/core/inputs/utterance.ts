import { VisavisError, type EarTold } from '#modules/contracts';
import { freeFloats } from '../context/free-floats.js';
import { KvCache, type KvShape, type LayerRows } from '../context/kv-cache.js';
import type { AudioShape } from '../model/model-config.js';
import { RowSlab } from '../context/row-slab.js';
import { toldOfAll, type ToldOfBlock } from './told-of-all.js';

/** At most this much speech in one utterance. */
export const MAX_UTTERANCE_MS = 30_000;

/** What the audio encoder takes for one block. */
export interface AudioBlock {
  /** `lead + hop * (contextMelFrames + melFrames)` samples. */
  readonly pcm: Float32Array;
  /** Mel frames in front of the block's own, whose tokens the encoder drops; a multiple of a token. */
  readonly contextMelFrames: number;
  readonly melFrames: number;
  /** Of `pcm`, after its lead: samples of the utterance. What follows is padding. */
  readonly samples: number;
  /** Index of the block's first encoder frame. */
  readonly position: number;
  readonly conv1: Float32Array;
  readonly conv2: Float32Array;
  readonly past: { readonly keys: LayerRows; readonly values: LayerRows; readonly rows: number };
}

/** What the audio encoder gives back for one block. */
export interface EncodedBlock {
  /** `[tokens, dim]`; from a streaming encoder `melFrames / melPerToken` tokens. */
  readonly features: Float32Array;
  readonly conv1: Float32Array;
  readonly conv2: Float32Array;
  readonly keys: LayerRows;
  readonly values: LayerRows;
  /** Of each encoder frame: probability that the turn ends with it. Left out: the model has no turn-end head. */
  readonly turnEnd?: Float32Array;
  /** What is told of the block as a whole. */
  readonly told?: EarTold;
}

type ConvState = Pick<EncodedBlock, 'conv1' | 'conv2'>;

/**
 * One utterance's sound, encoded block by block as it arrives.
 *
 * Blocks lie on a fixed grid from the utterance's start, so however the sound was cut up on its way in, the same runs
 * are made: streaming equals one-shot. For the same reason the encoder's state is a function of the number of samples,
 * and going back is cutting off.
 */
export class Utterance {
  readonly id: string | null;
  private pcm = new Float32Array(0);
  private length = 0;
  /** The convolutions' past after each block; the first is the silence before the utterance. */
  private convs: ConvState[];
  private blocks = 0;
  private told: ToldOfBlock[] = [];
  /** What was encoded to be asked about, of the sound up to `samples`. */
  private peeked: {
    readonly block: number;
    readonly samples: number;
    readonly encoded: EncodedBlock;
  } | null = null;
  private readonly kv: KvCache;
  private readonly encoded: RowSlab;
  private readonly shape: AudioShape;
  private readonly featureDim: number;

  /** @param id the owner's name for it, if it has one */
  constructor(shape: AudioShape, featureDim: number, id: string | null = null) {
    this.id = id;
    this.shape = shape;
    this.featureDim = featureDim;
    const frames = Math.ceil(this.maxMelFrames / shape.melPerFrame);
    this.kv = new KvCache(audioCache(shape), frames);
    this.encoded = new RowSlab(1, featureDim, Math.ceil(this.maxMelFrames / shape.melPerToken));
    this.convs = [{ conv1: new Float32Array(shape.mels * 2), conv2: new Float32Array(shape.hiddenSize) }];
  }

  get samples(): number {
    return this.length;
  }

  /** @throws `bad_audio` beyond {@link MAX_UTTERANCE_MS}; nothing is taken in then. */
  append(pcm: Float32Array): void {
    const length = this.length + pcm.length;
    if (length > MAX_UTTERANCE_MS * 16) {
      throw new VisavisError('bad_audio', `an utterance is at most ${MAX_UTTERANCE_MS / 1000} s long`);
    }
    if (length > this.pcm.length) {
      const grown = new Float32Array(Math.max(length, this.pcm.length * 2));
      grown.set(this.pcm.subarray(0, this.length));
      freeFloats(this.pcm);
      this.pcm = grown;
    }
    this.pcm.set(pcm, this.length);
    this.length = length;
  }

  /** Goes back to the state after the first `samples` samples, not yet final. */
  truncate(samples: number): void {
    if (samples < this.length) this.peeked = null;
    this.length = Math.min(this.length, samples);
    this.cutBlocks(Math.min(this.blocks, Math.floor(this.length / this.blockSamples)));
  }

  /** Frees what the encoder made; should the utterance be gone back to, it is made again from the sound. */
  dropEncoded(): void {
    this.peeked = null;
    this.kv.release();
    this.encoded.release();
    this.cutBlocks(0);
  }

  /** Nobody asks for it any more: gives the memory back. */
  release(): void {
    this.dropEncoded();
    freeFloats(this.pcm);
    this.length = 0;
    this.pcm = new Float32Array();
  }

  /** The next block that is whole, or at the utterance's end what is left, padded with zeros; null if there is none. */
  nextBlock(final: boolean): AudioBlock | null {
    const start = this.blocks * this.blockSamples;
    const left = this.length - start;
    if (left <= 0 || (left < this.blockSamples && !final)) return null;
    const { hop, lead, melPerToken, blockMelFrames, contextMelFrames: most = 0 } = this.shape;
    const context = Math.min(most, start / hop);
    const melFrames = Math.min(blockMelFrames, Math.ceil(left / (hop * melPerToken)) * melPerToken);
    const pcm = new Float32Array(lead + hop * (context + melFrames));
    const begin = start - hop * context;
    const from = Math.max(0, begin - lead);
    pcm.set(this.pcm.subarray(from, Math.min(this.length, start + hop * melFrames)), lead - (begin - from));
    const conv = this.convs[this.blocks];
    if (!conv) throw new VisavisError('engine_failed', `no convolution state before block ${this.blocks}`);
    return {
      pcm,
      contextMelFrames: context,
      melFrames,
      samples: Math.min(left, hop * melFrames),
      position: (this.blocks * blockMelFrames) / this.shape.melPerFrame,
      conv1: conv.conv1,
      conv2: conv.conv2,
      past: this.kv.last(this.shape.leftContextFrames),
    };
  }

  /** What is told of the sound so far; null: some of it is not encoded, or the model tells nothing. */
  get toldSoFar(): EarTold | null {
    return this.blocks * this.blockSamples >= this.length ? toldOfAll(this.told) : null;
  }

  /** What is told of the sound up to the end of `block`, the next one, whether it is taken in or not. */
  toldOf(block: AudioBlock, encoded: EncodedBlock): EarTold {
    return toldOfAll([...this.told, this.toldOfBlock(block, encoded)]) ?? {};
  }

  private toldOfBlock(block: AudioBlock, encoded: EncodedBlock): ToldOfBlock {
    const { hop, melPerFrame } = this.shape;
    const turnEnd = encoded.turnEnd?.[Math.ceil(block.samples / (hop * melPerFrame)) - 1];
    return { ...encoded.told, ...(turnEnd !== undefined && { turnEnd }), samples: block.samples };
  }

  /** Keeps what was made of the rest of the sound for a question about it: should it end there, nothing is to be encoded twice. */
  keepPeeked(encoded: EncodedBlock): void {
    this.peeked = { block: this.blocks, samples: this.length, encoded };
  }

  /** What was made of exactly the rest of the sound; null: nothing was. */
  takePeeked(): EncodedBlock | null {
    const { peeked } = this;
    return peeked?.block === this.blocks && peeked.samples === this.length ? peeked.encoded : null;
  }

  /** Takes in the encoder's answer for `block`, which must be the last one handed out. */
  takeEncoded(block: AudioBlock, encoded: EncodedBlock): void {
    this.kv.append(encoded.keys, encoded.values, block.melFrames / this.shape.melPerFrame);
    this.encoded.append(encoded.features, encoded.features.length / this.featureDim);
    this.convs.push({ conv1: encoded.conv1, conv2: encoded.conv2 });
    this.told.push(this.toldOfBlock(block, encoded));
    this.peeked = null;
    this.blocks += 1;
  }

  /** The features so far, `[tokens, dim]`; a view, valid until the next change. */
  features(): { rows: Float32Array; tokens: number } {
    return { rows: this.encoded.window(0, this.encoded.length), tokens: this.encoded.length };
  }

  private get blockSamples(): number {
    return this.shape.blockMelFrames * this.shape.hop;
  }

  private get maxMelFrames(): number {
    return Math.ceil((MAX_UTTERANCE_MS * 16) / this.shape.hop) + this.shape.blockMelFrames;
  }

  private cutBlocks(blocks: number): void {
    this.blocks = blocks;
    this.convs.length = blocks + 1;
    this.told.length = blocks;
    this.kv.truncate((blocks * this.shape.blockMelFrames) / this.shape.melPerFrame);
    this.encoded.truncate((blocks * this.shape.blockMelFrames) / this.shape.melPerToken);
  }
}

/** The cache of the encoder's layers and, behind them, of the turn-end head's. */
export function audioCache({ layers, heads, headDim, turnEnd }: AudioShape): KvShape {
  const own = { heads, headDim };
  if (!turnEnd) return { layers, ...own };
  const each = Array.from({ length: layers + turnEnd.layers }, (_, layer) =>
    layer < layers ? own : turnEnd,
  );
  return { layers: each.length, ...own, each };
}
