import { VisavisError } from '#modules/contracts';
import type { OmniModel } from '../model/ports.js';

/** The embeddings of a conversation's marks, made once: turn edges then cost no run. */
export class SpecialRows {
  private readonly rows: ReadonlyMap<number, Float32Array>;
  private readonly dim: number;

  private constructor(rows: ReadonlyMap<number, Float32Array>, dim: number) {
    this.rows = rows;
    this.dim = dim;
  }

  static async embed(model: OmniModel, ids: readonly number[]): Promise<SpecialRows> {
    const rows = new Map<number, Float32Array>();
    for (const id of ids) rows.set(id, await model.embed([id]));
    return new SpecialRows(rows, model.config.text.hiddenSize);
  }

  /** `[count(id), dim]` */
  row(id: number): Float32Array {
    const row = this.rows.get(id);
    if (!row) throw new VisavisError('engine_failed', `token ${id} is not a special token`);
    return row;
  }

  /** Rows of a mark: 1 where it is a single token. */
  count(id: number): number {
    return this.row(id).length / this.dim;
  }
}
