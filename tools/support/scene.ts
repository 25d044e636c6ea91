import { join } from 'node:path';
import { readAudio, readIvf, type AudioClip, type VideoClip } from '@vis-a-vis/client/node';
import { CALL_FOLDER } from './call-script.js';
import { REPOSITORY } from './repository.js';

/** In the fixture's film nothing happens until then (ms); behind its last whole second the film begins again. */
const SCENE_MS = 9000;

/** A spoken question about the scene, and the key words of its right answer. */
export interface SceneQuestion {
  readonly file: string;
  readonly text: string;
  readonly keys: readonly string[];
  readonly cats: readonly string[];
}

/** A red star at the top, a blue circle on the left, a green heart at the bottom right. */
export const SCENE_QUESTIONS: readonly SceneQuestion[] = [
  { file: 'color-of-star', text: 'what color is the star', keys: ['red'], cats: ['not', 'colour'] },
  { file: 'how-many-shapes', text: 'how many shapes are there', keys: ['3'], cats: ['number'] },
  { file: 'where-is-circle', text: 'where is the circle', keys: ['left'], cats: ['not', 'position'] },
  { file: 'is-there-blue-square', text: 'is there a blue square', keys: ['no'], cats: ['yesno'] },
  { file: 'shape-of-green', text: 'what shape is the green one', keys: ['heart'], cats: ['not', 'shape'] },
];

/** Its answer is the longest that the model gives. */
export const LONG_QUESTION = { file: 'describe', text: 'describe what you see' } as const;

/** What a camera sees: always the same, over and over. */
export async function readScene(): Promise<VideoClip> {
  const film = await readIvf(join(CALL_FOLDER, 'table.ivf'));
  const frames = film.frames.filter(({ ptsMs }) => ptsMs < SCENE_MS - 1);
  return { ...film, frames, durationMs: SCENE_MS };
}

export function readSceneQuestion({ file }: Pick<SceneQuestion, 'file'>): Promise<AudioClip> {
  return readAudio(join(REPOSITORY, `client-demo/questions/${file}.ogg`));
}
