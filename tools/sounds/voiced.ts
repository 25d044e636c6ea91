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
import { keystroke } from './noises.js';

/** What people and their rooms make beside speech. */
export const SOUND_KINDS = [
  'laugh',
  'hum',
  'sing',
  'cough',
  'throat',
  'breath',
  'door',
  'keys',
  'beep',
] as const;
export type SoundKind = (typeof SOUND_KINDS)[number];

export interface SoundOptions {
  readonly seconds: number;
  readonly seed: number;
}

/** A sound at 0 dBFS where it is not silent; the same for the same seed. */
export function sound(kind: SoundKind, options: SoundOptions): Float32Array {
  return atLevel(MAKERS[kind](options), 0);
}

const MAKERS: Readonly<Record<SoundKind, (options: SoundOptions) => Float32Array>> = {
  laugh,
  hum,
  sing,
  cough,
  throat,
  breath,
  door,
  keys,
  beep,
};

/** Formants (Hz) of vowels of a head of average size. */
const VOWELS = {
  a: [730, 1150, 2500],
  e: [530, 1800, 2500],
  i: [300, 2250, 3000],
  o: [520, 950, 2450],
  u: [330, 870, 2250],
  m: [250, 1050, 2200],
} as const;
type Vowel = keyof typeof VOWELS;

/** A voice that holds a vowel. `pitch` (Hz) by time (s); `breathy` 0..1. */
function voice(
  length: number,
  {
    vowel,
    pitch,
    breathy,
    head,
  }: { vowel: Vowel; pitch: (t: number) => number; breathy: number; head: number },
  random: () => number,
): Float32Array {
  const pulses = new Float32Array(length);
  for (let at = 0; at < length;) {
    pulses[Math.floor(at)] = 1 + 0.1 * (random() - 0.5);
    at += (RATE / Math.max(50, pitch(at / RATE))) * (1 + 0.02 * (random() - 0.5));
  }
  // A glottis is no needle: its pulses fall by 12 dB an octave, and its air hisses.
  const source = lowPass(lowPass(pulses, 900), 2200);
  const air = whiteNoise(length, random);
  const excited = source.map((x, at) => x * (1 - breathy) + breathy * 0.02 * (air[at] ?? 0));
  const out = new Float32Array(length);
  VOWELS[vowel].forEach((formant, k) => {
    const part = resonate(excited, formant * head, 70 + 40 * k);
    layOn(
      out,
      part.map((x) => x / (1 + k)),
      0,
    );
  });
  return out;
}

/** "ha ha ha": breath, then a vowel, four to six times a second, ever lower and weaker; then another fit of it. */
function laugh({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  const high = between(random, 140, 420);
  const head = between(random, 0.9, 1.2);
  const vowel = (['a', 'e', 'o', 'i'] as const)[Math.floor(random() * 4)] ?? 'a';
  for (let at = 0; at < seconds; at += between(random, 0.3, 0.8)) {
    const beats = 1 + Math.floor(between(random, 2, 9));
    for (let beat = 0; beat < beats && at < seconds; beat++) {
      const long = between(random, 0.09, 0.17);
      const top = high * (1 + 0.3 * random()) * 0.97 ** beat;
      const pitch = (t: number) => top * (1 - (0.35 * t) / long);
      const ha = voice(samplesOf(long), { vowel, pitch, breathy: between(random, 0.2, 0.6), head }, random);
      const breathIn = atLevel(highPass(whiteNoise(samplesOf(0.05), random), 1200), -22);
      layOn(out, breathIn, samplesOf(at));
      const shaped = atLevel(ha, -2 - beat).map((x, i) => x * Math.sin((Math.PI * i) / ha.length) ** 0.6);
      layOn(out, shaped, samplesOf(at + 0.04));
      at += long + between(random, 0.05, 0.12);
    }
  }
  return out;
}

/** Steps (semitones) of tunes that are nobody's. */
const TUNES = [
  [0, 2, 4, 0, 4, 5, 7],
  [7, 5, 4, 2, 0, 2, 4],
  [0, 0, 7, 7, 9, 9, 7],
  [0, 3, 5, 3, 7, 5, 3],
];

function tune(
  { seconds, seed }: SoundOptions,
  vowels: readonly Vowel[],
  { breathy, oneTone }: { breathy: number; oneTone: boolean },
): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  const root = between(random, 110, 290);
  const head = between(random, 0.9, 1.18);
  const steps = TUNES[Math.floor(random() * TUNES.length)] ?? [0];
  const vibrato = between(random, 4.5, 6.5);
  for (let at = 0, note = 0; at < seconds; note++) {
    const long = oneTone ? seconds : between(random, 0.25, 0.7);
    const hertz = root * 2 ** ((oneTone ? 0 : (steps[note % steps.length] ?? 0)) / 12);
    const pitch = (t: number) => hertz * (1 + 0.012 * Math.sin(2 * Math.PI * vibrato * t));
    const vowel = vowels[Math.floor(random() * vowels.length)] ?? 'a';
    const sung = voice(samplesOf(long), { vowel, pitch, breathy, head }, random);
    const edge = samplesOf(0.04);
    layOn(
      out,
      atLevel(sung, 0).map((x, i) => x * Math.min(1, i / edge, (sung.length - i) / edge)),
      samplesOf(at),
    );
    at += long + (random() < 0.2 ? between(random, 0.1, 0.4) : 0.01);
  }
  return out;
}

/** With the mouth shut: on one tone for every third seed, a tune for the others. */
function hum(options: SoundOptions): Float32Array {
  return lowPass(tune(options, ['m'], { breathy: 0.03, oneTone: options.seed % 3 === 0 }), 900);
}

/** "la la la": vowels, and no words. */
function sing(options: SoundOptions): Float32Array {
  return tune(options, ['a', 'o', 'e', 'i', 'u'], { breathy: 0.08, oneTone: false });
}

/** A burst of air, its echo in the throat, and what voice comes with it. */
function cough({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  for (let at = 0; at < seconds - 0.1; at += between(random, 0.3, 0.55)) {
    const length = samplesOf(Math.min(between(random, 0.15, 0.4), seconds - at));
    const burst = decaying(highPass(whiteNoise(length, random), 400), between(random, 0.03, 0.07), 0.004);
    layOn(out, atLevel(resonate(burst, between(random, 900, 1700), 600), -3), samplesOf(at));
    const low = between(random, 90, 180);
    const rough = voice(length, { vowel: 'a', pitch: () => low, breathy: 0.7, head: 1 }, random);
    layOn(out, decaying(atLevel(rough, -9), 0.06, 0.03), samplesOf(at + 0.03));
  }
  return out;
}

/** "ahem": a rough voice, twice. */
function throat({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  const low = between(random, 80, 140);
  for (const [at, long] of [
    [0, 0.16],
    [0.24, 0.3],
  ] as const) {
    const pitch = (t: number) => low * (1 + 0.2 * Math.sin(2 * Math.PI * 27 * t));
    const rough = voice(samplesOf(long), { vowel: 'e', pitch, breathy: 0.5, head: 0.95 }, random);
    layOn(
      out,
      atLevel(rough, 0).map((x, i) => x * Math.sin((Math.PI * i) / rough.length)),
      samplesOf(at),
    );
  }
  return out;
}

function breath({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  for (let at = 0; at < seconds; at += between(random, 1.2, 2)) {
    const air = resonate(whiteNoise(samplesOf(0.8), random), between(random, 1200, 2200), 1500);
    layOn(
      out,
      air.map((x, i) => x * Math.sin((Math.PI * i) / air.length) ** 2),
      samplesOf(at),
    );
  }
  return out;
}

/** Wood on wood, and the latch. */
function door({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  for (let at = 0; at < seconds; at += between(random, 0.8, 1.6)) {
    const slam = resonate(whiteNoise(samplesOf(0.5), random), between(random, 60, 140), 60);
    layOn(out, decaying(atLevel(slam, 0), 0.06), samplesOf(at));
    layOn(out, decaying(atLevel(whiteNoise(1600, random), -12), 0.012), samplesOf(at));
    layOn(out, atLevel(keystroke(random), -10), samplesOf(at + between(random, 0.05, 0.15)));
  }
  return out;
}

/** A bunch of keys: metal that rings high and briefly. */
function keys({ seconds, seed }: SoundOptions): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(samplesOf(seconds));
  for (let at = 0; at < seconds; at += between(random, 0.02, 0.12)) {
    const ring = [1, 1.47, 2.09].map((k) => k * between(random, 2200, 3600));
    const metal = Float32Array.from({ length: 1600 }, (_, i) =>
      ring.reduce((sum, hertz) => sum + Math.sin((2 * Math.PI * Math.min(hertz, 7800) * i) / RATE), 0),
    );
    layOn(
      out,
      decaying(metal, 0.012, 0.0005).map((x) => x * between(random, 0.2, 1)),
      samplesOf(at),
    );
  }
  return out;
}

function beep({ seconds, seed }: SoundOptions): Float32Array {
  const hertz = between(randomFrom(seed), 440, 1800);
  return Float32Array.from(
    { length: samplesOf(seconds) },
    (_, at) => Math.sin((2 * Math.PI * hertz * at) / RATE) * (at % 8000 < 3200 ? 1 : 0),
  );
}
