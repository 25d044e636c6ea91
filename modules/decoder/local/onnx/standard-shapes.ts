import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { KvShape } from '../../core/context/kv-cache.js';
import { badModel } from '../../folders/folder-files.js';
import type { OrtSession } from './ort-session.js';
import type { StandardSession } from '../../folders/gemma/standard-files.js';
import type { StandardFolder } from '../../folders/gemma/standard-folder.js';

export type StandardSessions = Readonly<Record<StandardSession, OrtSession>>;

/** What a decoder declares of its cache. */
export interface PastShapes {
  /** Heads and width of each cached layer. */
  readonly kv: KvShape;
  /** The numbers N of `past_key_values.N`, in order: layers that share another's cache have none. */
  readonly layers: readonly number[];
  /** Whether the decoder can be asked for the last row's logits alone. */
  readonly keepsLogits: boolean;
}

/** What the sessions of a standard folder declare. */
export interface StandardShapes extends PastShapes {
  /** `[layers, width]` of a token's `per_layer_inputs`; null where the decoder takes none. */
  readonly perLayer: readonly [number, number] | null;
  /** Whether the audio encoder takes a mask beside the features. */
  readonly audioMask: boolean;
}

type Dims = readonly (number | string)[];
type Declared = readonly InferenceSession.ValueMetadata[];

/** Reads one file's inputs and outputs, and says what is wrong with them. */
export class Declarations {
  private readonly dir: string;
  private readonly file: string;
  private readonly session: OrtSession;

  constructor(dir: string, file: string, session: OrtSession) {
    this.dir = dir;
    this.file = file;
    this.session = session;
  }

  fail(cause: string): never {
    throw badModel(this.dir, this.file, cause);
  }

  input(name: string, type: Tensor.Type, expected: Dims): Dims {
    return this.check(this.session.inputs, { name, type, expected });
  }

  output(name: string, expected: Dims): Dims {
    return this.check(this.session.outputs, { name, type: 'float32', expected });
  }

  has(name: string): boolean {
    return this.session.inputs.some((input) => input.name === name);
  }

  /** Every input must be one of these. */
  only(known: (name: string) => boolean): void {
    const other = this.session.inputs.find(({ name }) => !known(name));
    if (other) this.fail(`takes ${other.name}, which is not known here`);
  }

  /** A dimension that must be a fixed number. */
  fixed(name: string, dims: Dims, axis: number): number {
    const dim = dims.at(axis);
    return typeof dim === 'number' && dim > 0
      ? dim
      : this.fail(`${name} is [${dims.join(', ')}], whose ${dim} is not fixed`);
  }

  private check(
    declared: Declared,
    { name, type, expected }: { name: string; type: Tensor.Type; expected: Dims },
  ): Dims {
    const found = declared.find((one) => one.name === name);
    if (!found?.isTensor) return this.fail(`${name} is missing`);
    if (found.type !== type) return this.fail(`${name} is ${found.type}, and only ${type} is run`);
    const same =
      found.shape.length === expected.length &&
      expected.every((dim, axis) => {
        const actual = found.shape[axis];
        return typeof dim === 'string' || typeof actual === 'string' || actual === dim;
      });
    // The folder's other files say what is expected: no single one of them is to blame.
    if (!same) this.fail(`${name} is [${found.shape.join(', ')}], expected [${expected.join(', ')}]`);
    return found.shape;
  }
}

/**
 * Reads the shapes that the sessions declare, and holds them to each other and to the folder's settings.
 * @throws `bad_model`
 */
export function readShapes(folder: StandardFolder, sessions: StandardSessions): StandardShapes {
  const decoder = readDecoder(folder, sessions.decoder_model_merged);
  const embed = new Declarations(folder.dir, folder.files.embed_tokens, sessions.embed_tokens);
  embed.only((name) => name === 'input_ids');
  embed.input('input_ids', 'int64', ['batch', 'sequence']);
  embed.output('inputs_embeds', ['batch', 'sequence', folder.hiddenSize]);
  if (decoder.perLayer) embed.output('per_layer_inputs', ['batch', 'sequence', ...decoder.perLayer]);
  readVision(folder, sessions.vision_encoder);
  return { ...decoder, audioMask: readAudio(folder, sessions.audio_encoder) };
}

const PAST = /^past_key_values\.(\d+)\.(?:key|value)$/;
const DECODER_INPUTS = new Set([
  'inputs_embeds',
  'attention_mask',
  'position_ids',
  'per_layer_inputs',
  'num_logits_to_keep',
]);

function readDecoder(folder: StandardFolder, session: OrtSession): Omit<StandardShapes, 'audioMask'> {
  const declared = new Declarations(folder.dir, folder.files.decoder_model_merged, session);
  refuseState(declared, session);
  declared.only((name) => DECODER_INPUTS.has(name) || PAST.test(name));
  declared.input('inputs_embeds', 'float32', ['batch', 'sequence', folder.hiddenSize]);
  return { ...readPast(declared, session, folder.vocabSize), perLayer: readPerLayer(declared) };
}

function refuseState(declared: Declarations, session: OrtSession): void {
  const state = session.inputs.find(({ name }) => name.startsWith('past_') && !PAST.test(name));
  if (!state) return;
  declared.fail(
    `keeps ${state.name}: a hybrid cache, which cannot be rolled back by cutting it off, is not supported`,
  );
}

/** A decoder that takes tokens in place of rows. @throws `bad_model` */
export function readTokenDecoder(declared: Declarations, session: OrtSession, vocabSize: number): PastShapes {
  refuseState(declared, session);
  declared.only((name) => name === 'input_ids' || DECODER_INPUTS.has(name) || PAST.test(name));
  declared.input('input_ids', 'int64', ['batch', 'sequence']);
  return readPast(declared, session, vocabSize);
}

/** What a decoder's cache is, whatever else it takes. */
function readPast(declared: Declarations, session: OrtSession, vocabSize: number): PastShapes {
  declared.input('attention_mask', 'int64', ['batch', 'total']);
  // Without them the graph counts by itself, and could not go on counting after an eviction.
  declared.input('position_ids', 'int64', ['batch', 'sequence']);
  const keepsLogits = declared.has('num_logits_to_keep');
  if (keepsLogits) declared.input('num_logits_to_keep', 'int64', []);
  declared.output('logits', ['batch', 'kept', vocabSize]);
  const numbers = session.inputs.flatMap(({ name }) => PAST.exec(name)?.[1] ?? []);
  const layers = [...new Set(numbers.map(Number))].toSorted((a, b) => a - b);
  if (layers.length === 0) declared.fail('keeps no past_key_values');
  const each = layers.map((layer) => readLayer(declared, layer));
  const largest = (of: (one: { heads: number; headDim: number }) => number) => Math.max(...each.map(of));
  const kv = {
    layers: layers.length,
    heads: largest(({ heads }) => heads),
    headDim: largest((one) => one.headDim),
    each,
  };
  return { kv, layers, keepsLogits };
}

function readLayer(declared: Declarations, layer: number): { heads: number; headDim: number } {
  const name = `past_key_values.${layer}.key`;
  const dims = declared.input(name, 'float32', ['batch', 'heads', 'past', 'width']);
  const heads = declared.fixed(name, dims, 1);
  const headDim = declared.fixed(name, dims, 3);
  declared.input(`past_key_values.${layer}.value`, 'float32', ['batch', heads, 'past', headDim]);
  for (const kind of ['key', 'value']) {
    declared.output(`present.${layer}.${kind}`, ['batch', heads, 'total', headDim]);
  }
  return { heads, headDim };
}

function readPerLayer(declared: Declarations): readonly [number, number] | null {
  const name = 'per_layer_inputs';
  if (!declared.has(name)) return null;
  const dims = declared.input(name, 'float32', ['batch', 'sequence', 'layers', 'width']);
  return [declared.fixed(name, dims, 2), declared.fixed(name, dims, 3)];
}

function readVision(folder: StandardFolder, session: OrtSession): void {
  const declared = new Declarations(folder.dir, folder.files.vision_encoder, session);
  const { imageSize } = folder.config.vision;
  if (folder.patches) {
    declared.only((name) => name === 'pixel_values' || name === 'pixel_position_ids');
    declared.input('pixel_values', 'float32', ['images', 'patches', folder.patches.size ** 2 * 3]);
    declared.input('pixel_position_ids', 'int64', ['images', 'patches', 2]);
  } else {
    declared.only((name) => name === 'pixel_values');
    declared.input('pixel_values', 'float32', ['images', 3, imageSize, imageSize]);
  }
  checkWidth(folder, declared, session, 'image_features');
}

function readAudio(folder: StandardFolder, session: OrtSession): boolean {
  const declared = new Declarations(folder.dir, folder.files.audio_encoder, session);
  declared.only((name) => name === 'input_features' || name === 'input_features_mask');
  declared.input('input_features', 'float32', ['batch', 'frames', folder.config.audio.mels]);
  checkWidth(folder, declared, session, 'audio_features');
  const masked = declared.has('input_features_mask');
  if (masked) declared.input('input_features_mask', 'bool', ['batch', 'frames']);
  return masked;
}

/** Features may or may not have a batch before them; their last dimension is the decoder's width. */
function checkWidth(folder: StandardFolder, declared: Declarations, session: OrtSession, name: string): void {
  const found = session.outputs.find((output) => output.name === name);
  const rank = found?.isTensor ? found.shape.length : 0;
  declared.output(name, [...Array.from({ length: Math.max(0, rank - 1) }, () => 'free'), folder.hiddenSize]);
}
