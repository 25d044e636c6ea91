import type { EarHead } from '#modules/contracts';

/**
 * The ids of the marks that shape a conversation. `system` only where the model was trained with one.
 * A mark may stand for a run of tokens (`<start_of_turn>user\n`): it then has a number that is no token's, and
 * `OmniModel.embed` gives a row for each of the run. `frame` and `audio` are one row.
 */
export interface SpecialTokens {
  readonly bos: number;
  readonly user: number;
  readonly assistant: number;
  readonly frame: number;
  readonly audio: number;
  readonly end: number;
  readonly system?: number;
  /** What stands in place of `bos` where a system prompt follows: templates may have one of their own in it. Left out: `bos`. */
  readonly bosBeforeSystem?: number;
}

/** Shapes of the audio encoder. */
export interface AudioShape {
  readonly mels: number;
  /** Samples a mel frame (10 ms). */
  readonly hop: number;
  /** Samples of left context that the front-end takes before its first hop. */
  readonly lead: number;
  /** Mel frames encoded in one run. */
  readonly blockMelFrames: number;
  /** Mel frames an audio token; also the unit that a last partial block is padded to. */
  readonly melPerToken: number;
  /** Mel frames an encoder frame (the stem's stride). */
  readonly melPerFrame: number;
  /** Encoder frames of the past that a block may attend to. */
  readonly leftContextFrames: number;
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
  /** Channels of the second convolution's past. */
  readonly hiddenSize: number;
  /** The encoder takes an utterance whole, at its end: a block is as long as an utterance may be, and nothing is past. */
  readonly whole?: boolean;
  /**
   * Mel frames in front of a block that are encoded once more with it, whose tokens are dropped: all that an encoder without a past
   * hears of what came before. Left out: none.
   */
  readonly contextMelFrames?: number;
  /** What the encoder tells of all that was put in, beside its features. Left out: nothing, but for what `turnEnd` says. */
  readonly tells?: readonly EarHead[];
  /** Shape of the turn-end head, whose layers follow the encoder's in its cache. Left out: the model has none. */
  readonly turnEnd?: { readonly layers: number; readonly heads: number; readonly headDim: number };
}

/** What the engine needs to know of a model folder, in its own words. */
export interface ModelConfig {
  readonly modelId: string;
  readonly vision: {
    readonly imageSize: number;
    readonly tokensPerFrame: number;
    readonly mean: readonly number[];
    readonly std: readonly number[];
  };
  readonly audio: AudioShape;
  readonly text: {
    readonly hiddenSize: number;
    readonly layers: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly vocabSize: number;
    readonly maxContextTokens: number;
  };
  readonly supportsInstructions: boolean;
  /** It takes neither pictures nor sounds; `vision` and `audio` say nothing then. Left out: false. */
  readonly textOnly?: boolean;
  /** Words that have the model write down what was said before them, by language. Left out: it was not trained to. */
  readonly writeDown?: Readonly<Record<string, string>>;
}

/** In place of what a model that takes only text does not have. */
export const NO_MEDIA: Pick<ModelConfig, 'vision' | 'audio'> = {
  vision: { imageSize: 16, tokensPerFrame: 0, mean: [0, 0, 0], std: [1, 1, 1] },
  audio: {
    mels: 1,
    hop: 160,
    lead: 0,
    blockMelFrames: 1,
    melPerToken: 1,
    melPerFrame: 1,
    leftContextFrames: 0,
    layers: 0,
    heads: 0,
    headDim: 0,
    hiddenSize: 0,
  },
};
