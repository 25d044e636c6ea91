import { Tensor } from 'onnxruntime-node';
import { VisavisError } from '#modules/contracts';
import type { Prefill } from '../../core/context/context.js';
import type { KvShape } from '../../core/context/kv-cache.js';
import { LogMel } from '../../core/inputs/log-mel.js';
import type { ModelConfig } from '../../core/model/model-config.js';
import { toPatches } from '../../core/inputs/patches.js';
import type { DecoderOutput, OmniModel } from '../../core/model/ports.js';
import type { AudioBlock, EncodedBlock } from '../../core/inputs/utterance.js';
import { badModel } from '../../folders/folder-files.js';
import { floats, floatsOf, integers, OrtSession, type Feeds } from './ort-session.js';
import { STANDARD_SESSIONS, type StandardSession } from '../../folders/gemma/standard-files.js';
import type { StandardFolder } from '../../folders/gemma/standard-folder.js';
import { pastFeeds, probePast, takePresent } from './past-present.js';
import { readShapes, type StandardSessions, type StandardShapes } from './standard-shapes.js';
import type { StandardTokenizer } from '../../folders/gemma/standard-tokenizer.js';

/** Of a probing sound: half a second. */
const PROBE_SAMPLES = 8000;
const NOTHING = new Float32Array(0);

/** The audio encoder's input for a sound. */
interface SoundFeatures {
  readonly features: Float32Array;
  readonly frames: number;
  readonly mask: Uint8Array;
}

/**
 * A standard export in onnxruntime: `past_key_values` in, `present` out. The cache stays the session's slabs: they are fed as
 * the past, and of `present` only the new rows are taken, so going back is cutting off, as with delta KV.
 *
 * A row is what the decoder takes for one token: its embedding, and behind it, where the model has them, its
 * `per_layer_inputs`. Every call blocks the thread.
 */
export class StandardModel implements OmniModel {
  readonly config: ModelConfig;
  readonly kv: KvShape;
  private readonly folder: StandardFolder;
  private readonly codec: StandardTokenizer;
  private readonly sessions: StandardSessions;
  private readonly shapes: StandardShapes;
  private readonly sound: (block: AudioBlock) => Promise<SoundFeatures>;
  private readonly frontend: OrtSession | null;

  private constructor(
    folder: StandardFolder,
    codec: StandardTokenizer,
    opened: { sessions: StandardSessions; shapes: StandardShapes; frontend: OrtSession | null },
  ) {
    this.folder = folder;
    this.codec = codec;
    this.sessions = opened.sessions;
    this.shapes = opened.shapes;
    this.frontend = opened.frontend;
    const { kv, perLayer } = opened.shapes;
    this.kv = kv;
    const hiddenSize = folder.hiddenSize + (perLayer ? perLayer[0] * perLayer[1] : 0);
    const text = { hiddenSize, layers: kv.layers, kvHeads: kv.heads, headDim: kv.headDim };
    this.config = { ...folder.config, text: { ...folder.config.text, ...text } };
    this.sound = 'mel' in folder.sound ? melOf(new LogMel(folder.sound.mel)) : this.graphOf();
  }

  /**
   * Opens the sessions and runs each encoder once: what they declare need not be all that there is to know.
   * @param threads for one run
   * @throws `bad_model`
   */
  static async load(
    folder: StandardFolder,
    codec: StandardTokenizer,
    threads: number,
  ): Promise<StandardModel> {
    const open = (file: string) => OrtSession.openFile(folder.dir, file, threads);
    const opened = new Map<StandardSession, OrtSession>();
    for (const name of STANDARD_SESSIONS) opened.set(name, await open(folder.files[name]));
    const sessions = Object.fromEntries(opened) as Record<StandardSession, OrtSession>;
    const frontend = 'frontend' in folder.sound ? await open(folder.sound.frontend) : null;
    const model = new StandardModel(folder, codec, {
      sessions,
      shapes: readShapes(folder, sessions),
      frontend,
    });
    await model.probe();
    return model;
  }

  async embed(ids: readonly number[]): Promise<Float32Array> {
    const known = ids.flatMap((id) => this.codec.marks.get(id) ?? [id]);
    if (known.length === 0) return NOTHING;
    const input = { input_ids: integers(known, [1, known.length]) };
    const outputs = await this.sessions.embed_tokens.run(input);
    const embeds = floatsOf(outputs, 'inputs_embeds');
    return this.shapes.perLayer ? this.rows(embeds, floatsOf(outputs, 'per_layer_inputs')) : embeds;
  }

  async encodeFrame(planes: Float32Array): Promise<Float32Array> {
    const { imageSize, tokensPerFrame } = this.config.vision;
    const { before, after } = this.codec.frameWrap;
    const { vision_encoder: encoder } = this.sessions;
    const outputs = await encoder.run(
      this.folder.patches
        ? this.patchFeeds(planes)
        : { pixel_values: floats(planes, [1, 3, imageSize, imageSize]) },
    );
    const rows = await this.media(floatsOf(outputs, 'image_features'), this.folder.imageTokenId, {
      before,
      after,
    });
    const tokens = rows.length / this.config.text.hiddenSize;
    if (tokens === tokensPerFrame) return rows;
    throw new VisavisError('engine_failed', `a picture is ${tokens} tokens, not ${tokensPerFrame}`);
  }

  async encodeAudio(block: AudioBlock): Promise<EncodedBlock> {
    const { features, frames, mask } = await this.sound(block);
    if (frames === 0) throw new VisavisError('bad_audio', 'the sound is too short for this model');
    const { audio_encoder: encoder } = this.sessions;
    const outputs = await encoder.run({
      input_features: floats(features, [1, frames, this.config.audio.mels]),
      ...(this.shapes.audioMask ? { input_features_mask: new Tensor('bool', mask, [1, frames]) } : {}),
    });
    const heard = floatsOf(outputs, 'audio_features');
    const rows = await this.media(heard, this.folder.audioTokenId, this.codec.audioWrap);
    return { features: rows, conv1: NOTHING, conv2: NOTHING, keys: [], values: [] };
  }

  async decode({ embeds, count, position, past }: Prefill): Promise<DecoderOutput> {
    const outputs = await this.sessions.decoder_model_merged.run({
      ...this.rowFeeds(embeds, count),
      ...pastFeeds(this.shapes, { count, position, past }),
    });
    return takePresent(this.shapes, outputs, { count, past, vocabSize: this.config.text.vocabSize });
  }

  async release(): Promise<void> {
    await this.frontend?.release();
    for (const session of Object.values(this.sessions)) await session.release();
  }

  /** Embeddings and per-layer inputs of the same tokens, token by token. */
  private rows(embeds: Float32Array, perLayer: Float32Array): Float32Array {
    const { hiddenSize: width } = this.folder;
    const count = embeds.length / width;
    const extra = perLayer.length / count;
    const rows = new Float32Array(embeds.length + perLayer.length);
    for (let row = 0; row < count; row++) {
      const at = row * (width + extra);
      rows.set(embeds.subarray(row * width, (row + 1) * width), at);
      rows.set(perLayer.subarray(row * extra, (row + 1) * extra), at + width);
    }
    return rows;
  }

  private rowFeeds(rows: Float32Array, count: number): Feeds {
    const { hiddenSize: width } = this.folder;
    const { perLayer } = this.shapes;
    if (!perLayer) return { inputs_embeds: floats(rows, [1, count, width]) };
    const extra = perLayer[0] * perLayer[1];
    const embeds = new Float32Array(count * width);
    const inputs = new Float32Array(count * extra);
    for (let row = 0; row < count; row++) {
      const at = row * (width + extra);
      embeds.set(rows.subarray(at, at + width), row * width);
      inputs.set(rows.subarray(at + width, at + width + extra), row * extra);
    }
    return {
      inputs_embeds: floats(embeds, [1, count, width]),
      per_layer_inputs: floats(inputs, [1, count, ...perLayer]),
    };
  }

  private patchFeeds(planes: Float32Array): Feeds {
    const { patches: settings } = this.folder;
    if (!settings) return {};
    const { patches, positions } = toPatches(planes, this.config.vision.imageSize, settings);
    const count = positions.length / 2;
    return {
      pixel_values: floats(patches, [1, count, patches.length / count]),
      pixel_position_ids: integers(positions, [1, count, 2]),
    };
  }

  /** An encoder's features as rows between the tokens that stand around them; `tokenId` stands for each of them. */
  private async media(
    features: Float32Array,
    tokenId: number,
    wrap: { readonly before: readonly number[]; readonly after: readonly number[] },
  ): Promise<Float32Array> {
    const { hiddenSize: width } = this.folder;
    const row = this.config.text.hiddenSize;
    const count = features.length / width;
    const placeholder = await this.embed([tokenId]);
    const [before, after] = [await this.embed(wrap.before), await this.embed(wrap.after)];
    const rows = new Float32Array(before.length + count * row + after.length);
    rows.set(before);
    for (let index = 0; index < count; index++) {
      const at = before.length + index * row;
      rows.set(placeholder, at);
      rows.set(features.subarray(index * width, (index + 1) * width), at);
    }
    rows.set(after, before.length + count * row);
    return rows;
  }

  private graphOf(): (block: AudioBlock) => Promise<SoundFeatures> {
    return async ({ pcm, melFrames }) => {
      if (!this.frontend) throw new VisavisError('engine_failed', 'there is no audio front-end');
      const outputs = await this.frontend.run({ pcm: floats(pcm, [1, pcm.length]) });
      const mask = new Uint8Array(melFrames).fill(1);
      return { features: floatsOf(outputs, 'input_features'), frames: melFrames, mask };
    };
  }

  private async probe(): Promise<void> {
    const { imageSize } = this.config.vision;
    const { hop, lead, melPerToken } = this.config.audio;
    const { dir, files } = this.folder;
    const fail = (file: string) => (cause: unknown) => {
      throw badModel(dir, file, cause instanceof Error ? cause.message : String(cause));
    };
    await this.embed([this.folder.imageTokenId, this.folder.audioTokenId]).catch(fail(files.embed_tokens));
    await this.encodeFrame(new Float32Array(3 * imageSize * imageSize)).catch(fail(files.vision_encoder));
    const melFrames = Math.ceil(PROBE_SAMPLES / (hop * melPerToken)) * melPerToken;
    const pcm = new Float32Array(lead + hop * melFrames);
    const past = { keys: [], values: [], rows: 0 };
    const block = {
      pcm,
      contextMelFrames: 0,
      melFrames,
      samples: PROBE_SAMPLES,
      position: 0,
      conv1: NOTHING,
      conv2: NOTHING,
      past,
    };
    const { features } = await this.encodeAudio(block).catch(fail(files.audio_encoder));
    const tokens = features.length / this.config.text.hiddenSize;
    if (!Number.isInteger(tokens)) fail(files.audio_encoder)(new Error(`gives ${tokens} tokens for a sound`));
    await this.probeDecoder().catch(fail(files.decoder_model_merged));
  }

  private async probeDecoder(): Promise<void> {
    await probePast(this, this.shapes, await this.embed([0]));
  }
}

function melOf(mel: LogMel): (block: AudioBlock) => Promise<SoundFeatures> {
  return ({ pcm, samples }) => Promise.resolve(mel.frames(pcm.subarray(0, samples)));
}
