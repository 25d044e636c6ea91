import { VisavisError } from '#modules/contracts';
import { BatchSlab } from './batch-slab.js';
import type { Context, Prefill } from '../context/context.js';
import { joinRows } from '../context/join-rows.js';
import type { LayerRows } from '../context/kv-cache.js';
import type { OmniModel } from '../model/ports.js';
import { BATCH_LIMITS, type BatchLimits, type Step } from './scheduler-policy.js';

/** A context that is being answered. Between its steps nothing but its own tokens is put into it. */
export class Sequence {
  readonly context: Context;
  /** Where a copy of its past is, if it shares runs. */
  slab: BatchSlab | null = null;

  constructor(context: Context) {
    this.context = context;
  }
}

/** A sequence's next token: to be put into its context and computed. */
export class DecodeStep implements Step {
  readonly sequence: Sequence;
  readonly token: number;

  constructor(sequence: Sequence, token: number) {
    this.sequence = sequence;
    this.token = token;
  }

  get rows(): number {
    return this.sequence.context.computed;
  }

  get group(): object | null {
    return this.sequence.slab;
  }
}

/** Runs the decoder over contexts: the one place where their rows become tensors. */
export class ModelRunner {
  private readonly model: OmniModel;

  constructor(model: OmniModel) {
    this.model = model;
  }

  /** Computes at most `max` of a context's pending rows. Returns the logits of the last one. */
  async prefill(context: Context, max: number): Promise<Float32Array> {
    const rows = context.nextPrefill(max);
    if (!rows) throw new VisavisError('engine_failed', 'there is nothing to compute');
    const out = await this.model.decode(rows);
    context.takePrefilled(out.keys, out.values, rows.count);
    return out.logits;
  }

  /**
   * Computes at most `max` rows of what the context has and of the utterance that is being spoken in it.
   * @returns whether there were any
   */
  async prefillAhead(
    context: Context,
    o: { spoken: Float32Array; count: number; max: number },
  ): Promise<boolean> {
    const rows = context.nextAhead(o.spoken, o.count, o.max);
    if (!rows) return false;
    const out = await this.model.decode(rows);
    context.takePrefilled(out.keys, out.values, rows.count);
    return true;
  }

  /** What may share a run. */
  get limits(): BatchLimits {
    return sharesRuns(this.model) ? BATCH_LIMITS : { size: 1, padding: 0 };
  }

  /** Puts each sequence's token into its context and computes them, in one run. Returns the logits, in their order. */
  async decode(steps: readonly DecodeStep[]): Promise<Float32Array[]> {
    const { model } = this;
    const embeds = await model.embed(steps.map(({ token }) => token));
    steps.forEach(({ sequence }, index) =>
      sequence.context.add('content', part(embeds, index, steps.length), 1),
    );
    if (steps.length > 1 && sharesRuns(model)) return this.decodeTogether(model, steps);
    // One alone is computed on its own cache, without a copy.
    const logits: Float32Array[] = [];
    for (const { sequence } of steps) logits.push(await this.prefill(sequence.context, 1));
    return logits;
  }

  /** The sequence takes no further step: frees what was kept for it. */
  end(sequence: Sequence): void {
    sequence.slab?.leave(sequence);
    sequence.slab = null;
  }

  private async decodeTogether(model: BatchModel, steps: readonly DecodeStep[]): Promise<Float32Array[]> {
    const slab = this.seat(steps.map(({ sequence }) => sequence));
    const members = steps.map(({ sequence }) => ({ owner: sequence, ...nextRow(sequence.context) }));
    const order = slab.arrange(members);
    const inSlots = order.flatMap((index) => members[index] ?? []);
    const out = await model.decodeBatch({
      embeds: joinRows(...inSlots.map(({ embeds }) => embeds)),
      positions: inSlots.map(({ position }) => position),
      past: slab.past(members.length),
    });
    const logits: Float32Array[] = [];
    inSlots.forEach(({ owner }, slot) => {
      const own = (planes: LayerRows) => planes.map((plane) => part(plane, slot, members.length));
      owner.context.takePrefilled(own(out.keys), own(out.values), 1);
      logits[order[slot] ?? slot] = part(out.logits, slot, members.length);
    });
    return logits;
  }

  /** Brings sequences together where most of them are already. */
  private seat(sequences: readonly Sequence[]): BatchSlab {
    const seated = sequences.flatMap(({ slab }) => slab ?? []);
    const count = (slab: BatchSlab) => seated.filter((other) => other === slab).length;
    const slab =
      seated.toSorted((a, b) => count(b) - count(a))[0] ?? new BatchSlab(this.model.kv, BATCH_LIMITS.size);
    for (const sequence of sequences) {
      if (sequence.slab === slab) continue;
      this.end(sequence);
      sequence.slab = slab;
    }
    return slab;
  }
}

type BatchModel = OmniModel & Required<Pick<OmniModel, 'decodeBatch'>>;

function sharesRuns(model: OmniModel): model is BatchModel {
  return model.decodeBatch !== undefined;
}

function nextRow(context: Context): Prefill {
  const next = context.nextPrefill(1);
  if (!next) throw new VisavisError('engine_failed', 'there is nothing to compute');
  return next;
}

/** The `index`th of `count` equal parts. */
function part(rows: Float32Array, index: number, count: number): Float32Array {
  const size = rows.length / count;
  return rows.subarray(index * size, (index + 1) * size);
}
