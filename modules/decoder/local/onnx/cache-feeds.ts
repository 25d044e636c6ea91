import type { KvShape, LayerRows } from '../../core/context/kv-cache.js';
import { floats, floatsOf, type Feeds } from './ort-session.js';

/** A cache's rows as a graph's inputs `past_key.N` and `past_value.N`. */
export function pastFeeds(
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

/** The new rows of every layer: outputs `<name>.N`. */
export function layerRows(outputs: Parameters<typeof floatsOf>[0], name: string, layers: number): LayerRows {
  return Array.from({ length: layers }, (_, layer) => floatsOf(outputs, `${name}.${layer}`));
}
