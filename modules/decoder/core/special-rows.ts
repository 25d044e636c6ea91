import { VisavisError } from '#modules/contracts';
import type { OmniModel } from './ports.js';

/** The embeddings of the special tokens, made once: turn edges then cost no run. */
export class SpecialRows {
  private readonly rows: ReadonlyMap<number, Float32Array>;

  private constructor(rows: ReadonlyMap<number, Float32Array>) {
    this.rows = rows;
  }

  static async embed(model: OmniModel, ids: readonly number[]): Promise<SpecialRows> {
    const dim = model.config.text.hiddenSize;
    const rows = await model.embed(ids);
    return new SpecialRows(new Map(ids.map((id, index) => [id, rows.slice(index * dim, (index + 1) * dim)])));
  }

  /** `[1, dim]` */
  row(id: number): Float32Array {
    const row = this.rows.get(id);
    if (!row) throw new VisavisError('engine_failed', `token ${id} is not a special token`);
    return row;
  }
}
