import type { InferenceSession } from 'onnxruntime-node';
import type { Prefill } from '../../core/context/context.js';
import type { LayerRows } from '../../core/context/kv-cache.js';
import type { DecoderOutput, OmniModel } from '../../core/model/ports.js';
import { floats, floatsOf, integers, type Feeds } from './ort-session.js';
import type { PastShapes } from './standard-shapes.js';

const NOTHING = new Float32Array(0);

/** What a decoder of the kind `past_key_values` -> `present` takes beside its rows. */
export function pastFeeds(shapes: PastShapes, { count, position, past }: Omit<Prefill, 'embeds'>): Feeds {
  const total = past.rows + count;
  const positions = Array.from({ length: count }, (_, index) => position + index);
  const feeds: Feeds = {
    attention_mask: integers(new Uint8Array(total).fill(1), [1, total]),
    position_ids: integers(positions, [1, count]),
    ...(shapes.keepsLogits ? { num_logits_to_keep: integers([1], []) } : {}),
  };
  shapes.layers.forEach((layer, index) => {
    const { heads, headDim } = layerOf(shapes, index);
    const dims = [1, heads, past.rows, headDim];
    feeds[`past_key_values.${layer}.key`] = floats(past.keys[index] ?? NOTHING, dims);
    feeds[`past_key_values.${layer}.value`] = floats(past.values[index] ?? NOTHING, dims);
  });
  return feeds;
}

/** Of what such a decoder gives: the last row's logits, and of `present` the rows that are new. */
export function takePresent(
  shapes: PastShapes,
  outputs: InferenceSession.OnnxValueMapType,
  { count, past, vocabSize }: Pick<Prefill, 'count' | 'past'> & { vocabSize: number },
): DecoderOutput {
  const logits = floatsOf(outputs, 'logits');
  const total = past.rows + count;
  const fresh = (kind: 'key' | 'value'): LayerRows =>
    shapes.layers.map((layer, index) => {
      const present = floatsOf(outputs, `present.${layer}.${kind}`);
      return lastRows(present, { ...layerOf(shapes, index), total, count });
    });
  return {
    logits: logits.subarray(logits.length - vocabSize),
    keys: fresh('key'),
    values: fresh('value'),
  };
}

/** Runs a decoder once: what it declares need not be what it does. @param embeds of one row */
export async function probePast(
  model: Pick<OmniModel, 'decode'>,
  shapes: PastShapes,
  embeds: Float32Array,
): Promise<void> {
  const nothing = shapes.layers.map(() => NOTHING);
  const past = { keys: nothing, values: nothing, rows: 0 };
  const { keys } = await model.decode({ embeds, count: 1, position: 0, past });
  keys.forEach((rows, index) => {
    const { heads, headDim } = layerOf(shapes, index);
    if (rows.length !== heads * headDim) throw new Error(`present ${index} has ${rows.length} values a row`);
  });
}

const layerOf = ({ kv }: PastShapes, index: number) => kv.each?.[index] ?? kv;

/** The last `count` rows of each head of `[heads, total, headDim]`. */
function lastRows(
  present: Float32Array,
  { heads, headDim, total, count }: { heads: number; headDim: number; total: number; count: number },
): Float32Array {
  if (heads === 1) return present.subarray((total - count) * headDim);
  const rows = new Float32Array(heads * count * headDim);
  for (let head = 0; head < heads; head++) {
    const end = (head + 1) * total * headDim;
    rows.set(present.subarray(end - count * headDim, end), head * count * headDim);
  }
  return rows;
}
