/** Some 50 ms of sound, as the waveform shows it. */
export interface Column {
  /** Of its samples, −1..1. */
  readonly min: number;
  readonly max: number;
  /** 0..1, where 1 is as loud as it gets, and 0 −60 dB or less. */
  readonly level: number;
  /** How likely it is speech, 0..1. */
  readonly presence: number;
  /** The gateway takes it for speech. */
  readonly heard: boolean;
}

export function extremesOf(samples: ArrayLike<number>): { readonly min: number; readonly max: number } {
  let [min, max] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    if (sample < min) min = sample;
    else if (sample > max) max = sample;
  }
  return { min, max };
}

/** Mean square. */
export function powerOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return samples.length === 0 ? 0 : sum / samples.length;
}

export function levelOf(power: number): number {
  return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-12)) / 60));
}

/** The newest so many of a kind. */
export class Recent<T> {
  readonly #max: number;
  #items: T[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#max) this.#items.shift();
  }

  clear(): void {
    this.#items = [];
  }
}

/** A column as a bar of a picture. `top` and `bottom` are fractions of its height; what is quiet stays visible. */
export function barOf({ min, max }: Pick<Column, 'min' | 'max'>): {
  readonly top: number;
  readonly bottom: number;
} {
  // Speech is seldom louder than a third of what there is room for: the root spreads it.
  const spread = (sample: number): number => Math.sign(sample) * Math.sqrt(Math.min(1, Math.abs(sample)));
  const least = 0.01;
  return { top: 0.5 - Math.max(least, spread(max) / 2), bottom: 0.5 - Math.min(-least, spread(min) / 2) };
}
