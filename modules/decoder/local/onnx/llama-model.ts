import { VisavisError } from '#modules/contracts';
import type { Prefill } from '../../core/context/context.js';
import type { KvShape } from '../../core/context/kv-cache.js';
import type { ModelConfig } from '../../core/model/model-config.js';
import type { DecoderOutput, OmniModel } from '../../core/model/ports.js';
import { badModel } from '../../folders/folder-files.js';
import type { LlamaFolder } from '../../folders/llama/llama-folder.js';
import type { LlamaTokenizer } from '../../folders/llama/llama-tokenizer.js';
import { integers, OrtSession } from './ort-session.js';
import { pastFeeds, probePast, takePresent } from './past-present.js';
import { Declarations, readTokenDecoder, type PastShapes } from './standard-shapes.js';

/**
 * A text-only decoder in onnxruntime, tokens in. A row is a token's number: the graph has the embeddings itself, and a number below 2²⁴ is
 * exact in float32.
 */
export class LlamaModel implements OmniModel {
  readonly config: ModelConfig;
  readonly kv: KvShape;
  private readonly codec: LlamaTokenizer;
  private readonly session: OrtSession;
  private readonly shapes: PastShapes;

  private constructor(config: ModelConfig, codec: LlamaTokenizer, session: OrtSession, shapes: PastShapes) {
    const { kv } = shapes;
    this.kv = kv;
    const text = { layers: kv.layers, kvHeads: kv.heads, headDim: kv.headDim };
    this.config = { ...config, text: { ...config.text, ...text } };
    this.codec = codec;
    this.session = session;
    this.shapes = shapes;
  }

  /**
   * @param threads for one run
   * @throws `bad_model`
   */
  static async load(folder: LlamaFolder, codec: LlamaTokenizer, threads: number): Promise<LlamaModel> {
    const { dir, file, config } = folder;
    const session = await OrtSession.openFile(dir, file, threads);
    const shapes = readTokenDecoder(new Declarations(dir, file, session), session, config.text.vocabSize);
    const model = new LlamaModel(config, codec, session, shapes);
    await probePast(model, shapes, await model.embed([0])).catch((cause: unknown) => {
      throw badModel(dir, file, cause instanceof Error ? cause.message : String(cause));
    });
    return model;
  }

  embed(ids: readonly number[]): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(ids.flatMap((id) => this.codec.marks.get(id) ?? [id])));
  }

  encodeFrame(): Promise<never> {
    return Promise.reject(new VisavisError('bad_image', 'this model sees nothing'));
  }

  encodeAudio(): Promise<never> {
    return Promise.reject(new VisavisError('bad_audio', 'this model hears nothing'));
  }

  async decode({ embeds, count, position, past }: Prefill): Promise<DecoderOutput> {
    const outputs = await this.session.run({
      input_ids: integers(embeds, [1, count]),
      ...pastFeeds(this.shapes, { count, position, past }),
    });
    return takePresent(this.shapes, outputs, { count, past, vocabSize: this.config.text.vocabSize });
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
