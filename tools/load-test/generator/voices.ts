import { encodePcm, type AudioClip } from '@vis-a-vis/client/node';
import { check } from '../../eval/check.js';
import { mixed, noise, NOISE_KINDS } from '../../sounds/noises.js';
import { activeDb, atLevel, RATE } from '../../sounds/signal.js';
import { decodeClip } from '../../support/decode-clip.js';
import { LONG_QUESTION, readSceneQuestion, SCENE_QUESTIONS } from '../../support/scene.js';
import { withPause } from '../../support/scripted-pause.js';
import { trueEndMs } from '../../support/true-end.js';
import type { Life, Noise } from '../scenario/life.js';

/** Of a noise that is sent between questions, over and over. */
const LOOP_S = 4;
/** A noise lasts a little longer than the speech in it. */
const AFTER_S = 0.1;

/** libopus looks ahead by 312 samples of 48 kHz: what is heard is so much later than what was encoded. */
const CODEC_DELAY_MS = 6.5;

/** A question as it is said. */
export interface Utterance {
  readonly text: string;
  /** Null: its answer is not to be judged. */
  readonly isRight: (answer: string) => boolean | null;
  readonly clip: AudioClip;
  /** The true end of its speech, from the beginning of the clip (ms). */
  readonly endMs: number;
}

type Spoken = Omit<Utterance, 'endMs'> & {
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
};

/** Questions by their number; that behind the last of {@link SCENE_QUESTIONS} is the one with the long answer. */
const QUESTIONS = [
  ...SCENE_QUESTIONS.map(({ file, text, keys, cats }) => ({
    file,
    text,
    isRight: (answer: string) => check(answer, keys, cats),
  })),
  { ...LONG_QUESTION, isRight: () => null },
];

/** All that callers say, encoded once and before anybody calls: encoding costs more than sending. */
export class Voices {
  readonly #utterances = new Map<string, Utterance>();
  readonly #quiet = new Map<string, AudioClip>();

  /** @param lives whose questions and noises are needed */
  static async prepare(lives: readonly Life[]): Promise<Voices> {
    const voices = new Voices();
    const spoken = await Promise.all(
      QUESTIONS.map(async ({ file, text, isRight }): Promise<Spoken> => {
        const clip = await readSceneQuestion({ file });
        return { text, isRight, clip, pcm: await decodeClip(clip, RATE) };
      }),
    );
    for (const { noise: room, turns } of lives) {
      if (room) await voices.#addQuiet(room, spoken);
      for (const { question, pauseMs } of turns) await voices.#add(spoken, { question, pauseMs, room });
    }
    return voices;
  }

  /** @throws RangeError for what no life needed */
  utterance(question: number, pauseMs: number, room: Noise | null): Utterance {
    const found = this.#utterances.get(keyOf({ question, pauseMs, room }));
    if (!found) throw new RangeError('this question was not prepared');
    return found;
  }

  /** What a microphone hears while nobody speaks; undefined: a quiet room. */
  quiet(room: Noise | null): AudioClip | undefined {
    return room ? this.#quiet.get(roomOf(room)) : undefined;
  }

  async #add(spoken: readonly Spoken[], variant: Variant): Promise<void> {
    const key = keyOf(variant);
    const said = spoken[variant.question];
    if (!said) throw new RangeError(`there is no question ${variant.question}`);
    if (!this.#utterances.has(key)) this.#utterances.set(key, await made(said, variant, spoken));
  }

  async #addQuiet(room: Noise, spoken: readonly Spoken[]): Promise<void> {
    if (this.#quiet.has(roomOf(room))) return;
    const levels = spoken.map(({ pcm }) => activeDb(pcm));
    const speechDb = levels.reduce((sum, db) => sum + db, 0) / levels.length;
    const loop = atLevel(noiseOf(room, LOOP_S, spoken), speechDb - room.snrDb);
    this.#quiet.set(roomOf(room), await encodePcm(loop, RATE));
  }
}

interface Variant {
  readonly question: number;
  readonly pauseMs: number;
  readonly room: Noise | null;
}

async function made(said: Spoken, { pauseMs, room }: Variant, all: readonly Spoken[]): Promise<Utterance> {
  const { text, isRight, clip, pcm } = said;
  if (pauseMs === 0 && !room) return { text, isRight, clip, endMs: trueEndMs(pcm) };
  const paused = pauseMs > 0 ? withPause(pcm, pauseMs).pcm : pcm;
  // Not where the decoded sound ends: a codec's echo is no speech. Under noise the end is where it is without.
  const endMs = trueEndMs(paused) + CODEC_DELAY_MS;
  if (!room) return { text, isRight, clip: await encodePcm(paused, RATE), endMs };
  const noisy = noiseOf(room, paused.length / RATE + AFTER_S, all);
  const mix = mixed(paused, noisy, { speechDb: activeDb(paused), snrDb: room.snrDb });
  return { text, isRight, clip: await encodePcm(mix, RATE), endMs };
}

function noiseOf({ kind }: Noise, seconds: number, talk: readonly Spoken[]): Float32Array {
  return noise(kind, { seconds, seed: NOISE_KINDS.indexOf(kind), talk: talk.map(({ pcm }) => pcm) });
}

function keyOf({ question, pauseMs, room }: Variant): string {
  return `${question}/${pauseMs}/${room ? roomOf(room) : ''}`;
}

function roomOf({ kind, snrDb }: Noise): string {
  return `${kind}/${snrDb}`;
}
