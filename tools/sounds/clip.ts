import { z } from 'zod';
import { noise, NOISE_KINDS } from './noises.js';
import { atLevel, clipped, layOn, RATE, randomFrom, samplesOf, whiteNoise } from './signal.js';
import { overdriven, resized, roomed, televised, telephoned, whispered } from './speech.js';
import { sound, SOUND_KINDS } from './voiced.js';

/** dBFS of somebody who speaks into a microphone, and of the room's own noise. */
const SPEECH_DB = -20;
const ROOM_DB = -72;
/** Before the first part and behind the last (ms): a detector needs quiet to know what quiet is. */
const LEAD_MS = 500;
const TAIL_MS = 500;

/** ms after the part before it; a first part begins when the quiet before it is over. */
const gap = z.number().min(0).default(0);
/** Level (dBFS) where it is not silent. */
const db = z.number().default(SPEECH_DB);
/** It is no part of the question: the question ends before it. */
const after = z.boolean().default(false);

/** What a microphone or the way to it may make of speech. */
const DISGUISES = ['whisper', 'overdriven', 'telephone', 'room'] as const;
type Disguise = (typeof DISGUISES)[number];

const partSchema = z.union([
  z.strictObject({
    say: z.string(),
    /** Left out: the clip's. */
    voice: z.string().optional(),
    as: z.enum(DISGUISES).optional(),
    gap,
    db,
    after,
  }),
  z.strictObject({ sound: z.enum(SOUND_KINDS), seconds: z.number(), seed: z.number().int(), gap, db, after }),
]);

/** What goes on under all of it, or from `from` for `seconds` of it. */
const underSchema = z.strictObject({
  under: z.enum([...NOISE_KINDS, 'talker', 'television']),
  db: z.number(),
  seed: z.number().int(),
  from: z.number().default(0),
  seconds: z.number().optional(),
});

/**
 * What is right:
 * - `answers`: one turn, answered once when the question is over, with an answer that holds each of these (patterns);
 * - `turns` alone: so many turns, whatever is answered;
 * - `none`: no turn and no answer;
 * - `goesOn`: no turn, and the answer under way is not cut off; `stops`: it is cut off.
 */
const rightSchema = z.union([
  z.strictObject({ answers: z.array(z.string()).min(1), turns: z.array(z.number().int()).default([1]) }),
  z.strictObject({ turns: z.array(z.number().int()) }),
  z.strictObject({ none: z.literal(true) }),
  z.strictObject({ goesOn: z.literal(true) }),
  z.strictObject({ stops: z.literal(true) }),
]);

export const SETTINGS = ['server_vad', 'auto', 'low'] as const;
export type Setting = (typeof SETTINGS)[number];

const clipSchema = z.strictObject({
  id: z.string(),
  kind: z.string(),
  lang: z.enum(['en', 'zh']).default('en'),
  voice: z.string().optional(),
  parts: z.array(partSchema).default([]),
  under: z.array(underSchema).default([]),
  /** Goes on for so long behind the last part (ms). */
  tail: z.number().default(TAIL_MS),
  /** Typed first: the clip is played while that is being answered. */
  during: z.string().optional(),
  right: rightSchema,
  /** Left out: all. A pause that is longer than a setting waits ends a turn by definition. */
  settings: z.array(z.enum(SETTINGS)).default([...SETTINGS]),
});
export const turnSetSchema = z.strictObject({ note: z.string(), clips: z.array(clipSchema) });

export type TurnClip = z.infer<typeof clipSchema>;
type Part = z.infer<typeof partSchema>;

/** A piece of speech, and where in it the first and the last audible sample lie (ms). */
export interface Piece {
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  readonly startMs: number;
  readonly endMs: number;
}

/** Where pieces come from. @throws RangeError: there is no such piece */
export interface Pieces {
  find(id: string, voice: string): Piece;
  /** Speech of others, to put under the caller's; never in the voice of the caller. */
  talk(seed: number, voice: string | undefined): readonly Float32Array[];
}

/** A clip as a microphone hears it. Times are ms from its beginning. */
export interface Played {
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  /** True end of the question; null: there is none. */
  readonly endMs: number | null;
  /** End of what the caller does, be it a part of the question or not. */
  readonly lastMs: number;
}

export function played(clip: TurnClip, pieces: Pieces, seed: number): Played {
  const placed: { readonly pcm: Float32Array; readonly at: number }[] = [];
  let nowMs = LEAD_MS;
  let endMs: number | null = null;
  for (const part of clip.parts) {
    const { pcm, startMs, lastMs } = made(part, clip, pieces);
    nowMs += part.gap;
    placed.push({ pcm, at: samplesOf((nowMs - startMs) / 1000) });
    nowMs += lastMs - startMs;
    if (!part.after) endMs = nowMs;
  }
  const underMs = Math.max(0, ...clip.under.map(({ from, seconds = 0 }) => from + 1000 * seconds));
  const out = new Float32Array(samplesOf((Math.max(nowMs, underMs) + clip.tail) / 1000));
  for (const { pcm, at } of placed) layOn(out, pcm, at);
  for (const layer of clip.under) {
    const seconds = layer.seconds ?? out.length / RATE - layer.from / 1000;
    const pcm = background(layer, { seconds, clip, pieces });
    layOn(out, atLevel(pcm.subarray(0, samplesOf(seconds)), layer.db), samplesOf(layer.from / 1000));
  }
  layOn(out, atLevel(whiteNoise(out.length, randomFrom(seed)), ROOM_DB), 0);
  const asked = 'answers' in clip.right || 'turns' in clip.right;
  return { pcm: clipped(out), endMs: asked ? endMs : null, lastMs: nowMs };
}

function made(part: Part, clip: TurnClip, pieces: Pieces) {
  if ('sound' in part) {
    const pcm = atLevel(sound(part.sound, part), part.db);
    return { pcm, startMs: 0, lastMs: (1000 * pcm.length) / RATE };
  }
  const voice = part.voice ?? clip.voice;
  if (voice === undefined) throw new RangeError(`${clip.id} has no voice`);
  const { pcm, startMs, endMs } = pieces.find(part.say, voice);
  return { pcm: atLevel(heard(pcm, part.as), part.db), startMs, lastMs: endMs };
}

function heard(pcm: Float32Array, as: Disguise | undefined): Float32Array {
  switch (as) {
    case 'whisper':
      return whispered(pcm, 1);
    // So far beyond what the converter takes that a third of the peaks is flat; what follows is only the level.
    case 'overdriven':
      return overdriven(pcm, -2);
    case 'telephone':
      return telephoned(pcm);
    case 'room':
      return roomed(pcm, 0.4, 1);
    case undefined:
      return pcm;
  }
}

function background(
  { under, seed }: z.infer<typeof underSchema>,
  { seconds, clip, pieces }: { seconds: number; clip: TurnClip; pieces: Pieces },
): Float32Array {
  const talk = pieces.talk(seed, clip.voice);
  if (under === 'talker') return oneAfterTheOther(talk, seconds);
  if (under === 'television') {
    const music = noise('music', { seconds, seed, talk });
    const speaker = oneAfterTheOther(
      talk.map((pcm) => resized(pcm, 0.94)),
      seconds,
    );
    return televised(speaker, music, seed);
  }
  return noise(under, { seconds, seed, talk });
}

function oneAfterTheOther(talk: readonly Float32Array[], seconds: number): Float32Array {
  const out = new Float32Array(samplesOf(seconds));
  for (let at = 0, number = 0; at < out.length; number++) {
    const said = talk[number % talk.length] ?? new Float32Array(RATE);
    layOn(out, said, at);
    at += said.length + samplesOf(0.15);
  }
  return out;
}
