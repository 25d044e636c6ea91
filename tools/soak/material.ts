import { join } from 'node:path';
import { encodePcm, type AudioClip, type VideoClip } from '@vis-a-vis/client/node';
import { check } from '../eval/check.js';
import { kindOf } from '../eval/families.js';
import { decodeOggOpus } from '../eval/media.js';
import { TestSet, type TestQuestion } from '../eval/test-set.js';
import { REPOSITORY } from '../support/repository.js';
import { readScene, readSceneQuestion, SCENE_QUESTIONS } from '../support/scene.js';
import { asLoudAs } from './level.js';

/** A question with a known answer. */
export interface Question {
  readonly text: string;
  readonly clip: () => Promise<AudioClip>;
  readonly isRight: (answer: string) => boolean;
}

export interface PictureQuestion extends Question {
  /** A JPEG file. */
  readonly picture: Buffer;
}

/** All that callers show and say. */
export interface Material {
  /** What a camera sees: always the same, over and over. */
  readonly scene: VideoClip;
  /** About the scene. */
  readonly seen: readonly Question[];
  /** Without anything to see. */
  readonly blind: readonly Question[];
  /** About a picture of its own. */
  readonly pictured: readonly PictureQuestion[];
  /** Its answer is the longest that the model gives. */
  readonly long: { readonly camera: string; readonly blind: string };
}

/** Families whose answer is not in a picture. Not sums: asked in writing before anything is shown, the model declines them. */
const BLIND = new Set(['chat', 'outside']);
/**
 * Of these the voice activity detector takes nothing, or less than a quarter of a second, for speech, measured on the files: whether they are
 * heard is the detector's matter, and no call's.
 */
const UNHEARD = new Set([
  'chat-espeak-023',
  'chat-espeak-073',
  'chat-espeak-091',
  'chat.zh-espeak-041',
  'chat.zh-espeak-097',
]);
/** Of what is encoded, samples a second. */
const RATE = 48_000;
/**
 * All that a caller says is about as loud (dB of full scale), as a browser's gain control makes it: the test set's voices are 20 dB apart, and
 * who is that much softer than the caller was a second before is somebody behind him (docs/adr/0041).
 */
const LEVEL_DB = -9;
/** Families whose answer is in one still picture. */
const PICTURED = new Set(['colour', 'shape', 'count', 'position', 'existence', 'ocr']);

/** Reads what the repository has: the fixture's film, the page's questions, the test set's pictures and speech. */
export async function readMaterial(): Promise<Material> {
  const [scene, set] = await Promise.all([readScene(), TestSet.read(join(REPOSITORY, 'tools/eval/set'))]);
  const espeak = set.questions.filter(
    (q) => q.synthesiser === 'espeak' && q.history.length === 0 && !UNHEARD.has(q.id),
  );
  return {
    scene,
    seen: SCENE_QUESTIONS.map((question) => ({
      text: question.text,
      clip: once(() => readSceneQuestion(question)),
      isRight: (answer) => check(answer, question.keys, question.cats),
    })),
    blind: espeak.filter(({ family }) => BLIND.has(kindOf(family))).map((q) => asked(set, q)),
    pictured: espeak
      .filter(({ family, frames }) => PICTURED.has(kindOf(family)) && frames.length === 1)
      .map((q) => ({ ...asked(set, q), picture: set.pictures(q)[0] ?? Buffer.alloc(0) })),
    long: { camera: 'describe what you see', blind: 'what can you do' },
  };
}

/** The item that a large number picks. @throws RangeError where there is none */
export function pickOf<T>(items: readonly T[], pick: number): T {
  const item = items[pick % items.length];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
}

function asked(set: TestSet, question: TestQuestion): Question {
  return {
    text: question.question,
    clip: once(async () =>
      encodePcm(asLoudAs(await decodeOggOpus(set.speech(question), RATE), LEVEL_DB), RATE),
    ),
    isRight: (answer) => check(answer, question.keys, question.cats),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
