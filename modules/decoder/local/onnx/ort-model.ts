import type { Prefill } from '../../core/context/context.js';
import type { KvShape } from '../../core/context/kv-cache.js';
import type { ModelConfig } from '../../core/model/model-config.js';
import type { DecodeBatch, DecoderOutput, OmniModel } from '../../core/model/ports.js';
import type { AudioBlock, EncodedBlock } from '../../core/inputs/utterance.js';
import {
  badModel,
  onnxFile,
  SESSIONS,
  type ModelFolder,
  type SessionName,
} from '../../folders/pocket/model-folder.js';
import { layerRows, pastFeeds } from './cache-feeds.js';
import { openEar, type Ear } from './ears.js';
import { floats, floatsOf, integers, OrtSession } from './ort-session.js';

type Sessions = Readonly<Record<SessionName, OrtSession>>;

/** A model folder's parts in onnxruntime. Every call blocks the thread: this lives in an engine worker. */
export class OrtModel implements OmniModel {
  readonly config: ModelConfig;
  readonly kv: KvShape;
  private readonly ear: Ear;
  private readonly sessions: Sessions;
  /** Grows to the longest past so far; `past_bias` of a single sequence is all zeros. */
  private zeros = new Float32Array(1024);

  private constructor(config: ModelConfig, kv: KvShape, o: { sessions: Sessions; ear: Ear }) {
    this.config = config;
    this.kv = kv;
    this.ear = o.ear;
    this.sessions = o.sessions;
  }

  /**
   * @param threads for one run
   * @throws `bad_model`
   */
  static async load(folder: ModelFolder, threads: number): Promise<OrtModel> {
    const opened = new Map<SessionName, OrtSession>();
    for (const name of SESSIONS) opened.set(name, await OrtSession.open(folder, name, threads));
    const sessions = Object.fromEntries(opened) as Sessions;
    const ear = openEar(folder, sessions);
    return new OrtModel(folder.config, cacheShape(folder, sessions.decoder_model), { sessions, ear });
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

  encodeAudio(block: AudioBlock): Promise<EncodedBlock> {
    return this.ear.encode(block);
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
