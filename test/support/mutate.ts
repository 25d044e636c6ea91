/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A damaged copy: bytes changed, cut out, doubled or put in from elsewhere, or the end cut off. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  let out = Uint8Array.from(bytes);
  const at = () => Math.floor(random() * out.length);
  for (let n = 1 + Math.floor(random() * 4); n > 0; n -= 1) {
    const [a, b] = [at(), at()].toSorted((x, y) => x - y) as [number, number];
    switch (Math.floor(random() * 6)) {
      case 0:
        out[a] = Math.floor(random() * 256);
        break;
      case 1:
        out[a] = (out[a] ?? 0) ^ (1 << Math.floor(random() * 8));
        break;
      case 2:
        // The numbers that size checks are forgotten for.
        out.fill(random() < 0.5 ? 0xff : 0, a, a + 4);
        break;
      case 3:
        out = Uint8Array.of(...out.subarray(0, a), ...out.subarray(Math.min(b, a + 64)));
        break;
      case 4:
        out = Uint8Array.of(
          ...out.subarray(0, b),
          ...out.subarray(a, Math.min(b, a + 64)),
          ...out.subarray(b),
        );
        break;
      default:
        if (random() < 0.3) out = out.slice(0, b);
        else out.copyWithin(a, b, b + 16);
    }
  }
  return out;
}
