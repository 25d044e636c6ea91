/** Power spectra of real signals of one length, a power of two. */
export class PowerSpectrum {
  private readonly size: number;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private readonly real: Float64Array;
  private readonly imag: Float64Array;
  private readonly reversed: Uint32Array;

  constructor(size: number) {
    this.size = size;
    const turns = (of: (angle: number) => number) =>
      Float64Array.from({ length: size / 2 }, (_, k) => of((-2 * Math.PI * k) / size));
    this.cos = turns(Math.cos);
    this.sin = turns(Math.sin);
    this.real = new Float64Array(size);
    this.imag = new Float64Array(size);
    const bits = Math.log2(size);
    this.reversed = Uint32Array.from({ length: size }, (_, index) => reverseBits(index, bits));
  }

  /**
   * Writes |X[k]|² for k = 0 … size / 2 into `into`.
   * @param signal at most `size` samples; zeros follow
   */
  take(signal: Float64Array, into: Float64Array): void {
    const { real, imag, reversed, size } = this;
    imag.fill(0);
    for (let at = 0; at < size; at++) real[at] = signal[reversed[at] ?? 0] ?? 0;
    for (let half = 1; half < size; half *= 2) this.combine(half);
    for (let k = 0; k <= size / 2; k++) into[k] = (real[k] ?? 0) ** 2 + (imag[k] ?? 0) ** 2;
  }

  /** Joins transforms of length `half` to such of twice the length. */
  private combine(half: number): void {
    const { real, imag, cos, sin, size } = this;
    const step = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [c, s] = [cos[k * step] ?? 0, sin[k * step] ?? 0];
        const [low, high] = [start + k, start + k + half];
        const [highReal, highImag] = [real[high] ?? 0, imag[high] ?? 0];
        const turnedReal = highReal * c - highImag * s;
        const turnedImag = highReal * s + highImag * c;
        const [lowReal, lowImag] = [real[low] ?? 0, imag[low] ?? 0];
        real[high] = lowReal - turnedReal;
        imag[high] = lowImag - turnedImag;
        real[low] = lowReal + turnedReal;
        imag[low] = lowImag + turnedImag;
      }
    }
  }
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}
