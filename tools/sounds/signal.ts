/** All sounds here are 16 kHz mono. */
export const RATE = 16_000;

/** Windows (samples) in which levels are measured, and how far below the loudest (dB) one still counts as active. */
const LEVEL_WINDOW = 320;
const ACTIVE_DB = 30;

/** Numbers in [0, 1) from a seed: the same each time, on any machine (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(random: () => number, low: number, high: number): number {
  return low + (high - low) * random();
}

export function samplesOf(seconds: number): number {
  return Math.max(0, Math.round(seconds * RATE));
}

/** Effective value (dBFS) of a sound where it is not silent; -Infinity: it is silent throughout. */
export function activeDb(pcm: Float32Array): number {
  const energies: number[] = [];
  for (let from = 0; from + LEVEL_WINDOW <= pcm.length; from += LEVEL_WINDOW) {
    let sum = 0;
    for (let at = from; at < from + LEVEL_WINDOW; at++) sum += (pcm[at] ?? 0) ** 2;
    energies.push(sum / LEVEL_WINDOW);
  }
  const least = Math.max(0, ...energies) * 10 ** (-ACTIVE_DB / 10);
  const active = energies.filter((energy) => energy > least);
  return 10 * Math.log10(active.reduce((sum, energy) => sum + energy, 0) / Math.max(1, active.length));
}

/** The sound at this level (dBFS, where it is not silent); its peaks may leave ±1. */
export function atLevel(pcm: Float32Array, dbfs: number): Float32Array {
  const now = activeDb(pcm);
  if (!Number.isFinite(now)) return pcm;
  const gain = 10 ** ((dbfs - now) / 20);
  return pcm.map((x) => x * gain);
}

/** Adds a sound to another, in place; what would lie outside of it is left out. */
export function layOn(base: Float32Array, sound: Float32Array, at: number): void {
  const from = Math.max(0, -at);
  const to = Math.min(sound.length, base.length - at);
  for (let i = from; i < to; i++) base[at + i] = (base[at + i] ?? 0) + (sound[i] ?? 0);
}

/** Kept within what a converter can tell. */
export function clipped(pcm: Float32Array): Float32Array {
  return pcm.map((x) => Math.max(-1, Math.min(1, x)));
}

/** White noise of effective value 1. */
export function whiteNoise(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => (random() + random() + random() - 1.5) * 2);
}

/** A resonance (Hz, with its width): what shapes a vowel, a knock, a passing car. Two poles, gain 1 at its middle, about. */
export function resonate(pcm: Float32Array, hertz: number, width: number): Float32Array {
  const r = Math.exp((-Math.PI * width) / RATE);
  const a1 = 2 * r * Math.cos((2 * Math.PI * hertz) / RATE);
  const gain = (1 - r) * Math.sqrt(1 - 2 * r * Math.cos((4 * Math.PI * hertz) / RATE) + r * r);
  const out = new Float32Array(pcm.length);
  let [one, two] = [0, 0];
  for (let at = 0; at < pcm.length; at++) {
    const now = gain * (pcm[at] ?? 0) + a1 * one - r * r * two;
    [two, one] = [one, now];
    out[at] = now;
  }
  return out;
}

/** What is below this frequency (Hz), by one pole. */
export function lowPass(pcm: Float32Array, hertz: number): Float32Array {
  const a = 1 - Math.exp((-2 * Math.PI * hertz) / RATE);
  let state = 0;
  return pcm.map((x) => (state += a * (x - state)));
}

export function highPass(pcm: Float32Array, hertz: number): Float32Array {
  const low = lowPass(pcm, hertz);
  return pcm.map((x, at) => x - (low[at] ?? 0));
}

/** A sound that sets in and dies away by half each `halfLife` seconds. */
export function decaying(pcm: Float32Array, halfLife: number, attack = 0.002): Float32Array {
  return pcm.map((x, at) => x * Math.min(1, at / (attack * RATE)) * 0.5 ** (at / RATE / halfLife));
}
