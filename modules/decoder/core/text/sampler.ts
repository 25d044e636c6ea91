/** mulberry32: 32 bits of state, enough for picking tokens and the same on every machine. Numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Picks the next token from the logits `[vocab]`. */
export type Sampler = (logits: Float32Array) => number;

/** The most likely token; the first of equals. */
export const greedy: Sampler = (logits) => {
  let best = 0;
  for (let id = 1; id < logits.length; id++) {
    if ((logits[id] ?? -Infinity) > (logits[best] ?? -Infinity)) best = id;
  }
  return best;
};

/** What softmax(logits) gives a token. */
export function probabilityOf(logits: Float32Array, id: number): number {
  const top = logits[greedy(logits)] ?? 0;
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
  return Math.exp((logits[id] ?? -Infinity) - top) / total;
}

/** Draws from softmax(logits / temperature). Temperature 0 is greedy. */
export function makeSampler(temperature: number, seed: number): Sampler {
  if (temperature <= 0) return greedy;
  const random = seededRandom(seed);
  return (logits) => {
    const top = logits[greedy(logits)] ?? 0;
    const weights = logits.map((logit) => Math.exp((logit - top) / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let left = random() * total;
    for (let id = 0; id < weights.length; id++) {
      left -= weights[id] ?? 0;
      if (left < 0) return id;
    }
    return greedy(logits);
  };
}
