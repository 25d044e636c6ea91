import type { Prefill } from '../core/context/context.js';
import type { DecodeBatch, DecoderOutput, OmniModel } from '../core/model/ports.js';
import type { AudioBlock, EncodedBlock } from '../core/inputs/utterance.js';

/** Any model, with its logits laid open, and made to say what a test wants. */
export class ProbedModel implements OmniModel {
  /** Of every decoder run, in order, as the model gave them. */
  readonly logits: Float32Array[] = [];
  readonly config: OmniModel['config'];
  readonly kv: OmniModel['kv'];
  /** As the model has one: sessions then share runs. Their logits are not among {@link logits}. */
  readonly decodeBatch?: (batch: DecodeBatch) => Promise<DecoderOutput>;
  onSharedRun: () => void = () => undefined;
  private readonly model: OmniModel;
  private forced: number[] = [];

  constructor(model: OmniModel) {
    this.model = model;
    this.config = model.config;
    this.kv = model.kv;
    if (!model.decodeBatch) return;
    this.decodeBatch = (batch) => {
      this.onSharedRun();
      return model.decodeBatch?.(batch) ?? Promise.reject(new Error('the model shares no runs'));
    };
  }

  /** The next runs seem to lead to these tokens, one each. */
  force(ids: readonly number[]): void {
    this.forced = [...ids];
  }

  embed(ids: readonly number[]): Promise<Float32Array> {
    return this.model.embed(ids);
  }

  encodeFrame(planes: Float32Array): Promise<Float32Array> {
    return this.model.encodeFrame(planes);
  }

  encodeAudio(block: AudioBlock): Promise<EncodedBlock> {
    return this.model.encodeAudio(block);
  }

  async decode(rows: Prefill): Promise<DecoderOutput> {
    const out = await this.model.decode(rows);
    this.logits.push(out.logits);
    const wanted = this.forced.shift();
    return wanted === undefined
      ? out
      : { ...out, logits: out.logits.map((_, id) => (id === wanted ? 1 : 0)) };
  }
}
