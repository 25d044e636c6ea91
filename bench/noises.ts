import type { SessionConfig } from '#modules/conversation';
import { noise, NOISE_KINDS } from '../tools/sounds/noises.js';
import { atLevel, clipped, layOn, randomFrom, samplesOf, whiteNoise } from '../tools/sounds/signal.js';
import { televised } from '../tools/sounds/speech.js';
import { sound } from '../tools/sounds/voiced.js';
import { wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { benchOptions } from './options.js';
import { SpokenPieces } from './turns/pieces.js';
import { play } from './turns/played-call.js';
import { DETECTION, withParts } from './turns/parts.js';

/** What is no speech to the model; each gets an equal share of the time. */
const KINDS = [
  ...NOISE_KINDS,
  'laugh',
  'hum',
  'sing',
  'cough',
  'breath',
  'door',
  'keys',
  'television',
  'talker',
] as const;
type Kind = (typeof KINDS)[number];

/** Loudness (dBFS): people near the microphone, or what is across the room. */
const LEVEL_DB: Readonly<Record<Kind, readonly [number, number]>> = {
  babble: [-50, -36],
  fan: [-45, -25],
  music: [-45, -28],
  street: [-45, -28],
  keyboard: [-45, -28],
  laugh: [-35, -20],
  hum: [-38, -22],
  sing: [-38, -22],
  cough: [-32, -18],
  breath: [-48, -34],
  door: [-35, -18],
  keys: [-38, -22],
  television: [-50, -36],
  talker: [-60, -46],
};
/** One sound or stretch of noise (s), and the quiet round it. */
const STRETCH_S = 10;
const QUIET_S = 2.5;
const ROOM_DB = -72;

interface KindFigures {
  readonly kind: Kind;
  readonly minutes: number;
  readonly turns: number;
  readonly answers: number;
}

/** Minutes of what is not for the model, in one call after the other (or all of a kind in one call, `--calls one`): how many turns it takes them for, and what it answers. */
export async function noisesBench(args: string[]): Promise<void> {
  const values = benchOptions(args, {
    minutes: '30',
    setting: 'server_vad',
    calls: 'many',
    model: undefined,
  });
  const minutes = wholeNumber('minutes', values.minutes);
  const turnDetection = detectionOf(values.setting);
  const pieces = await SpokenPieces.read();
  const times = Math.max(1, Math.round((minutes * 60) / (STRETCH_S + QUIET_S) / KINDS.length));
  await withParts(values.model, 1, async (parts) => {
    const kinds: KindFigures[] = [];
    console.log('kind         minutes  turns  answers');
    for (const kind of KINDS) {
      let [turns, answers] = [0, 0];
      const stretches = Array.from({ length: times }, (_, seed) => stretch(kind, seed, pieces));
      const sounds = values.calls === 'one' ? [inARow(stretches)] : stretches;
      for (const [seed, pcm] of sounds.entries()) {
        const heard = await play(parts, { turnDetection, pcm, waitMs: QUIET_S * 1000 });
        turns += heard.committed.length;
        const told = heard.answers.filter(({ text }) => text !== '');
        answers += told.length;
        for (const { text } of told) console.log(`  ${kind} ${seed}: '${text}'`);
      }
      kinds.push({ kind, minutes: (times * (STRETCH_S + QUIET_S)) / 60, turns, answers });
      console.log(line(kinds.at(-1)));
    }
    const all = {
      minutes: total(kinds, ({ minutes: some }) => some),
      turns: total(kinds, ({ turns }) => turns),
      answers: total(kinds, ({ answers }) => answers),
    };
    console.log(line({ kind: 'all', ...all }));
    if (values.json) await writeJson(values.json, { setting: values.setting, ...all, kinds });
  });
}

function detectionOf(name: string): SessionConfig['turnDetection'] {
  if (name === 'auto' || name === 'low') return DETECTION[name];
  return DETECTION.server_vad;
}

function stretch(kind: Kind, seed: number, pieces: SpokenPieces): Float32Array {
  const random = randomFrom(seed * 31 + KINDS.indexOf(kind));
  const [low, high] = LEVEL_DB[kind];
  const out = new Float32Array(samplesOf(STRETCH_S));
  layOn(out, atLevel(made(kind, seed, pieces), low + (high - low) * random()).subarray(0, out.length), 0);
  layOn(out, atLevel(whiteNoise(out.length, random), ROOM_DB), 0);
  return clipped(out);
}

/** One after the other, with quiet between them. */
function inARow(stretches: readonly Float32Array[]): Float32Array {
  const step = samplesOf(STRETCH_S + QUIET_S);
  const out = new Float32Array(step * stretches.length - samplesOf(QUIET_S));
  for (const [number, pcm] of stretches.entries()) out.set(pcm, number * step);
  return out;
}

function made(kind: Kind, seed: number, pieces: SpokenPieces): Float32Array {
  const talk = pieces.talk(seed, undefined);
  const options = { seconds: STRETCH_S, seed: seed + 1000, talk };
  switch (kind) {
    case 'babble':
    case 'fan':
    case 'music':
    case 'street':
    case 'keyboard':
      return noise(kind, options);
    case 'talker':
      return joined(talk);
    case 'television':
      return televised(joined(talk), noise('music', options), seed);
    default:
      return sound(kind, options);
  }
}

function joined(talk: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(samplesOf(STRETCH_S));
  for (let at = 0, number = 0; at < out.length; number++) {
    const said = talk[number % talk.length];
    if (!said) return out;
    layOn(out, said, at);
    at += said.length;
  }
  return out;
}

function line(
  figures: { kind: string; minutes: number; turns: number; answers: number } | undefined,
): string {
  if (!figures) return '';
  const { kind, minutes, turns, answers } = figures;
  return `${kind.padEnd(12)}${minutes.toFixed(1).padStart(8)}${String(turns).padStart(7)}${String(answers).padStart(9)}`;
}

function total(kinds: readonly KindFigures[], of: (kind: KindFigures) => number): number {
  return kinds.reduce((sum, kind) => sum + of(kind), 0);
}
