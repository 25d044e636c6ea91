const SPS = 7;
const PPS = 8;
const START_CODE = [0, 0, 0, 1] as const;
/** Bounds of what a stream can make us keep: ids go to 31 and 255, real streams use one or two. */
const MAX_SETS = 32;
const MAX_SET_BYTES = 4096;

/**
 * The parameter sets (SPS, PPS) of an H264 stream by kind and id, the newest of each. Senders put them into the offer, into
 * an access unit of their own, or before the first key frame alone; the decoder wants them with each frame that it begins at.
 */
export class ParameterSets {
  readonly #sets = new Map<string, Uint8Array>();

  /** @param units of the offer: they count until the stream brings its own */
  constructor(units: readonly Uint8Array[] = []) {
    for (const unit of units) this.#keep(unit);
  }

  /** Something can be decoded with them: there is one of each kind. */
  get complete(): boolean {
    const kinds = new Set(Array.from(this.#sets.keys(), (key) => key[0]));
    return kinds.size === 2;
  }

  /** Keeps the sets among the units of an Annex B frame. */
  remember(frame: Uint8Array): void {
    for (const unit of unitsOf(frame)) this.#keep(unit);
  }

  /** The frame with those sets before it that it does not bring itself. */
  complement(frame: Uint8Array, bringsSets: boolean): Uint8Array {
    const own = new Set(bringsSets ? unitsOf(frame).map(keyOf) : []);
    // An SPS before the PPS that refer to it.
    const missing = [...this.#sets].filter(([key]) => !own.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (missing.length === 0) return frame;
    const bytes = missing.reduce((sum, [, unit]) => sum + START_CODE.length + unit.length, frame.length);
    const out = new Uint8Array(bytes);
    let at = 0;
    for (const [, unit] of missing) {
      out.set(START_CODE, at);
      out.set(unit, at + START_CODE.length);
      at += START_CODE.length + unit.length;
    }
    out.set(frame, at);
    return out;
  }

  #keep(unit: Uint8Array): void {
    const key = keyOf(unit);
    if (key === null || unit.length > MAX_SET_BYTES) return;
    if (!this.#sets.has(key) && this.#sets.size >= MAX_SETS) return;
    this.#sets.set(key, Uint8Array.from(unit));
  }
}

/** `7:id` or `8:id`; null for other units. */
function keyOf(unit: Uint8Array): string | null {
  const type = (unit[0] ?? 0) & 0x1f;
  // Profile, constraints and level stand before an SPS's id.
  if (type === SPS && unit.length > 4) return `7:${expGolomb(unit, 4)}`;
  return type === PPS && unit.length > 1 ? `8:${expGolomb(unit, 1)}` : null;
}

/** The unsigned exponential-Golomb number that begins at a byte. */
function expGolomb(bytes: Uint8Array, from: number): number {
  const bit = (n: number) => ((bytes[from + (n >> 3)] ?? 0) >> (7 - (n & 7))) & 1;
  let zeros = 0;
  while (zeros < 16 && bit(zeros) === 0) zeros += 1;
  let value = 0;
  for (let n = 0; n <= zeros; n += 1) value = value * 2 + bit(zeros + n);
  return value - 1;
}

/** The units of an Annex B byte stream: what stands between its start codes. */
function unitsOf(frame: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = 0; at + 3 <= frame.length; at += 1) {
    if (frame[at] === 0 && frame[at + 1] === 0 && frame[at + 2] === 1) starts.push(at + 3);
  }
  return starts.map((start, i) => {
    const next = starts[i + 1];
    let end = next === undefined ? frame.length : next - 3;
    // The fourth byte of a long start code, and trailing zeros, belong to no unit.
    while (end > start && frame[end - 1] === 0) end -= 1;
    return frame.subarray(start, end);
  });
}

/** `sprop-parameter-sets` (RFC 6184) of an offer, by payload type; what is no base64 is left out. */
export function offeredParameterSets(offerSdp: string): Map<number, Uint8Array[]> {
  const sets = new Map<number, Uint8Array[]>();
  for (const [, type, parameters] of offerSdp.matchAll(/^a=fmtp:(\d+)[ \t]+(.*)$/gm)) {
    const sprop = /(?:^|;)\s*sprop-parameter-sets\s*=\s*([^;\s]+)/i.exec(parameters ?? '')?.[1];
    if (sprop === undefined) continue;
    const units = sprop.split(',').map(fromBase64);
    sets.set(
      Number(type),
      units.filter((unit) => unit.length > 0),
    );
  }
  return sets;
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
