import {
  atLevel,
  between,
  decaying,
  highPass,
  layOn,
  lowPass,
  RATE,
  randomFrom,
  resonate,
  samplesOf,
  whiteNoise,
} from './signal.js';

/** What a call is held in the middle of. */
export const NOISE_KINDS = ['babble', 'fan', 'music', 'street', 'keyboard'] as const;
export type NoiseKind = (typeof NOISE_KINDS)[number];

/** How many people a babble is made of. */
const TALKERS = 6;

/** What a noise is made of: `talk` is clips of speech, for those that need some. */
export interface NoiseOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly talk: readonly Float32Array[];
}

/** A noise at 0 dBFS where it is not silent; the same for the same seed. @throws RangeError: babble without talk */
export function noise(kind: NoiseKind, options: NoiseOptions): Float32Array {
  return atLevel(MAKERS[kind](options), 0);
}

/**
 * Speech with a noise under it, at so many dB below the speech. The noise lasts from before to after it.
 * @param noisy at 0 dBFS, at least as long as the speech
 */
export function mixed(
  speech: Float32Array,
  noisy: Float32Array,
  { speechDb, snrDb }: { speechDb: number; snrDb: number },
): Float32Array {
  const gain = 10 ** ((speechDb - snrDb) / 20);
  const out = speech.map((x, at) => x + gain * (noisy[at] ?? 0));
  const peak = out.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return peak > 0.98 ? out.map((x) => (x * 0.98) / peak) : out;
}

const MAKERS: Readonly<Record<NoiseKind, (options: NoiseOptions) => Float32Array>> = {
  babble,
  fan,
  music,
  street,
  keyboard,
};

/** Several people at once, each saying one thing after the other. */
function babble({ seconds, seed, talk }: NoiseOptions): Float32Array {
  if (talk.length === 0) throw new RangeError('babble is made of talk, and there is none');
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  for (let talker = 0; talker < TALKERS; talker++) {
    const distanceDb = between(random, -6, 0);
    for (let at = -samplesOf(between(random, 0, 2)); at < out.length;) {
      const said = talk[Math.floor(random() * talk.length)] ?? new Float32Array(RATE);
      layOn(out, atLevel(said, distanceDb), at);
      at += said.length + samplesOf(between(random, 0.05, 0.5));
    }
  }
  return out;
}

/** Air, and the hum of the motor and its blades. */
function fan({ seconds, seed }: NoiseOptions): Float32Array {
  const random = randomFrom(seed);
  const blades = between(random, 70, 190);
  const air = lowPass(lowPass(whiteNoise(samplesOf(seconds), random), between(random, 250, 700)), 2500);
  const slow = between(random, 0.1, 0.5);
  return atLevel(air, -3).map((x, at) => {
    const t = at / RATE;
    const hum = [1, 2, 3, 4].reduce((sum, k) => sum + Math.sin(2 * Math.PI * blades * k * t) / k ** 2, 0);
    return (x + 0.12 * hum) * (1 + 0.15 * Math.sin(2 * Math.PI * slow * t));
  });
}

/** Plucked chords over a bass and a drum. */
function music({ seconds, seed }: NoiseOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  const beat = 60 / between(random, 75, 135);
  const root = between(random, 98, 165);
  const chords = [0, 5, 7, 9, 2].map((step) => root * 2 ** (step / 12));
  for (let number = 0; number * beat < seconds; number++) {
    const at = samplesOf(number * beat);
    const chord = chords[Math.floor(number / 4) % chords.length] ?? root;
    const notes = [1, 1.26, 1.5, 2].filter(() => random() < 0.7);
    for (const interval of notes) layOn(out, pluck(chord * interval * (random() < 0.3 ? 2 : 1), 1.2), at);
    if (number % 2 === 0) layOn(out, pluck(chord / 2, 0.8), at);
    const drum = number % 2 === 0 ? lowPass(whiteNoise(3200, random), 120) : whiteNoise(2400, random);
    layOn(out, atLevel(decaying(drum, number % 2 === 0 ? 0.05 : 0.03), -14), at);
  }
  return out;
}

/** A string: harmonics that die away the sooner the higher they are. */
export function pluck(hertz: number, seconds: number): Float32Array {
  const out = new Float32Array(samplesOf(seconds));
  for (let k = 1; k <= 8 && k * hertz < 7000; k++) {
    // Each is what two poles ring on with: a sine and its decay without a sine or a power for every sample.
    const r = Math.exp(-(2 + k) / RATE);
    const turn = (2 * Math.PI * hertz * k) / RATE;
    const feedback = 2 * r * Math.cos(turn);
    let [one, two] = [(0.2 / k) * Math.sin(turn), 0];
    for (let at = 0; at < out.length; at++) {
      out[at] = (out[at] ?? 0) + one * Math.min(1, at / 80);
      [one, two] = [feedback * one - r * r * two, one];
    }
  }
  return out;
}

/** A rumble, cars that pass, and now and then a horn. */
function street({ seconds, seed }: NoiseOptions): Float32Array {
  const random = randomFrom(seed);
  const length = samplesOf(seconds);
  const out = atLevel(lowPass(lowPass(whiteNoise(length, random), 150), 400), -6);
  for (let at = -samplesOf(between(random, 0, 2)); at < length; at += samplesOf(between(random, 1, 3.5))) {
    const long = between(random, 2, 5);
    const tyres = resonate(whiteNoise(samplesOf(long), random), between(random, 500, 1100), 700);
    const passing = atLevel(tyres, between(random, -8, 2)).map(
      (x, i) => x * Math.sin((Math.PI * i) / tyres.length) ** 2,
    );
    layOn(out, passing, at);
    if (random() < 0.15) layOn(out, horn(random), at + samplesOf(between(random, 0, long)));
  }
  return out;
}

function horn(random: () => number): Float32Array {
  const low = between(random, 330, 430);
  const length = samplesOf(between(random, 0.2, 0.7));
  return Float32Array.from({ length }, (_, at) => {
    const edge = Math.min(1, at / 300, (length - at) / 600);
    const square = (hertz: number) => Math.tanh(3 * Math.sin((2 * Math.PI * hertz * at) / RATE));
    return 0.5 * edge * (square(low) + square(low * 1.26));
  });
}

/** Keys in bursts, each a click and the knock of the table. */
function keyboard({ seconds, seed }: NoiseOptions): Float32Array {
  const random = randomFrom(seed);
  const out = whiteNoise(samplesOf(seconds), random).map((x) => x * 2e-3);
  for (let at = between(random, 0, 0.3); at < seconds;) {
    const [down, up] = [keystroke(random), keystroke(random)];
    layOn(out, down, samplesOf(at));
    layOn(out, atLevel(up, -12), samplesOf(at + between(random, 0.06, 0.12)));
    at += random() < 0.12 ? between(random, 0.4, 1.2) : between(random, 0.07, 0.22);
  }
  return out;
}

export function keystroke(random: () => number): Float32Array {
  const length = samplesOf(0.05);
  const click = highPass(whiteNoise(length, random), between(random, 1500, 3000));
  const knock = resonate(whiteNoise(length, random), between(random, 180, 320), 90);
  const out = decaying(click, 0.004, 0.0005).map((x) => x * between(random, 0.4, 0.8));
  layOn(out, decaying(atLevel(knock, -6), 0.012, 0.001), 0);
  return out;
}
