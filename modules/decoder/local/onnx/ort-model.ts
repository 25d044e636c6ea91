import type { Prefill } from '../../core/context/context.js';
import type { KvShape, LayerRows } from '../../core/context/kv-cache.js';
import type { ModelConfig } from '../../core/model/model-config.js';
import type { DecodeBatch, DecoderOutput, OmniModel } from '../../core/model/ports.js';
import { audioCache, type AudioBlock, type EncodedBlock } from '../../core/inputs/utterance.js';
import {
  badModel,
  onnxFile,
  SESSIONS,
  type ModelFolder,
  type SessionName,
} from '../../folders/pocket/model-folder.js';
import { floats, floatsOf, integers, OrtSession, type Feeds } from './ort-session.js';

type Sessions = Readonly<Record<SessionName, OrtSession>>;

/** A model folder's parts in onnxruntime. Every call blocks the thread: this lives in an engine worker. */
export class OrtModel implements OmniModel {
  readonly config: ModelConfig;
  readonly kv: KvShape;
  private readonly audioKv: KvShape;
  private readonly sessions: Sessions;
  /** Grows to the longest past so far; `past_bias` of a single sequence is all zeros. */
  private zeros = new Float32Array(1024);

  private constructor(config: ModelConfig, kv: KvShape, sessions: Sessions) {
    this.config = config;
    this.kv = kv;
    this.audioKv = audioCache(config.audio);
    this.sessions = sessions;
  }

  /**
   * @param threads for one run
   * @throws `bad_model`
   */
  static async load(folder: ModelFolder, threads: number): Promise<OrtModel> {
    const opened = new Map<SessionName, OrtSession>();
    for (const name of SESSIONS) opened.set(name, await OrtSession.open(folder, name, threads));
    const sessions = Object.fromEntries(opened) as Sessions;
    checkAudio(folder, sessions.audio_encoder);
    return new OrtModel(folder.config, cacheShape(folder, sessions.decoder_model), sessions);
  }

  async embed(ids: readonly number[]): Promise<Float32Array> {
    const outputs = await this.sessions.embed_tokens.run({ input_ids: integers(ids, [1, ids.length]) });
    return floatsOf(outputs, 'inputs_embeds');
  }

  async encodeFrame(planes: Float32Array): Promise<Float32Array> {
    const { imageSize } = this.config.vision;
    const pixels = floats(planes, [1, 3, imageSize, imageSize]);
    return floatsOf(await this.sessions.vision_encoder.run({ pixel_values: pixels }), 'image_features');
  }

  async encodeAudio(block: AudioBlock): Promise<EncodedBlock> {
    const { mels, hiddenSize, turnEnd } = this.config.audio;
    const { layers } = this.audioKv;
    const pcm = floats(block.pcm, [1, block.pcm.length]);
    const mel = floatsOf(await this.sessions.audio_frontend.run({ pcm }), 'input_features');
    const outputs = await this.sessions.audio_encoder.run({
      input_features: floats(mel, [1, block.melFrames, mels]),
      past_conv1: floats(block.conv1, [1, mels, 2]),
      past_conv2: floats(block.conv2, [1, hiddenSize, 1]),
      position: integers([block.position], [1]),
      ...pastFeeds(block.past, this.audioKv, 1),
    });
    return {
      features: floatsOf(outputs, 'audio_features'),
      conv1: floatsOf(outputs, 'present_conv1'),
      conv2: floatsOf(outputs, 'present_conv2'),
      keys: layerRows(outputs, 'new_key', layers),
      values: layerRows(outputs, 'new_value', layers),
      ...(turnEnd && { turnEnd: floatsOf(outputs, 'turn_end') }),
    };
  }

  decode({ embeds, count, position, past }: Prefill): Promise<DecoderOutput> {
    if (past.rows > this.zeros.length) this.zeros = new Float32Array(past.rows * 2);
    const positions = Array.from({ length: count }, (_, index) => position + index);
    const bias = this.zeros.subarray(0, past.rows);
    return this.runDecoder({ embeds, positions, past: { ...past, bias } }, [1, count]);
  }

  decodeBatch(batch: DecodeBatch): Promise<DecoderOutput> {
    return this.runDecoder(batch, [batch.positions.length, 1]);
  }

  async release(): Promise<void> {
    for (const session of Object.values(this.sessions)) await session.release();
  }

  private async runDecoder(
    { embeds, positions, past }: DecodeBatch,
    [sequences, rows]: readonly [sequences: number, rows: number],
  ): Promise<DecoderOutput> {
    const { layers } = this.kv;
    const outputs = await this.sessions.decoder_model.run({
      inputs_embeds: floats(embeds, [sequences, rows, this.config.text.hiddenSize]),
      position_ids: integers(positions, [sequences, rows]),
      past_bias: floats(past.bias, [sequences, past.rows]),
      ...pastFeeds(past, this.kv, sequences),
    });
    return {
      logits: floatsOf(outputs, 'logits'),
      keys: layerRows(outputs, 'new_key', layers),
      values: layerRows(outputs, 'new_value', layers),
    };
  }
}

/**
 * The cache's shape is the decoder's to say; that config.json agrees is checked, not assumed. An export may give each
 * KV head a plane of its own, `[1, 1, past, headDim]`: its rows are then one contiguous view. A plane counts as a layer.
 */
function cacheShape(folder: ModelFolder, decoder: OrtSession): KvShape {
  const file = onnxFile('decoder_model');
  let layers = 0;
  while (decoder.inputShape(`past_key.${layers}`)) layers += 1;
  const [, heads, , headDim] = decoder.inputShape('past_key.0') ?? [];
  if (typeof heads !== 'number' || typeof headDim !== 'number') {
    throw badModel(folder.dir, file, 'past_key.0 is missing, or its heads and width are not fixed');
  }
  const { text } = folder.config;
  if (layers * heads !== text.layers * text.kvHeads || headDim !== text.headDim) {
    const found = `${layers * heads} KV heads of ${headDim}`;
    throw badModel(
      folder.dir,
      file,
      `keeps ${found}, config.json says ${text.layers} layers of ${text.kvHeads} KV heads of ${text.headDim}`,
    );
  }
  return { layers, heads, headDim };
}

/** The audio encoder's cache is config.json's to say: the graph must have these planes, and no others. */
function checkAudio({ dir, config }: ModelFolder, encoder: OrtSession): void {
  const file = onnxFile('audio_encoder');
  const shape = audioCache(config.audio);
  for (let layer = 0; layer <= shape.layers; layer++) {
    const [, heads, , headDim] = encoder.inputShape(`past_key.${layer}`) ?? [];
    const expected = layer < shape.layers ? (shape.each?.[layer] ?? shape) : null;
    if (heads === expected?.heads && headDim === expected?.headDim) continue;
    const found = heads === undefined ? 'no cache' : `a cache of ${heads} heads of ${headDim}`;
    const wanted = expected ? `${expected.heads} heads of ${expected.headDim}` : 'none';
    throw badModel(dir, file, `has ${found} for layer ${layer}, config.json says ${wanted}`);
  }
  const tells = encoder.outputs.some(({ name }) => name === 'turn_end');
  if (config.audio.turnEnd && !tells) {
    throw badModel(dir, file, 'has no output turn_end, config.json says it has a turn-end head');
  }
}

function pastFeeds(
  past: { keys: LayerRows; values: LayerRows; rows: number },
  shape: KvShape,
  sequences: number,
): Feeds {
  const feeds: Feeds = {};
  const put = (kind: string, layers: LayerRows) =>
    layers.forEach((rows, layer) => {
      const { heads, headDim } = shape.each?.[layer] ?? shape;
      feeds[`past_${kind}.${layer}`] = floats(rows, [sequences, heads, past.rows, headDim]);
    });
  put('key', past.keys);
  put('value', past.values);
  return feeds;
}

function layerRows(outputs: Parameters<typeof floatsOf>[0], name: string, layers: number): LayerRows {
  return Array.from({ length: layers }, (_, layer) => floatsOf(outputs, `${name}.${layer}`));
}
