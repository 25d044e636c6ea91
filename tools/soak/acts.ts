import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, NodeCall } from '@vis-a-vis/client/node';
import { askAloud, askByButton, Dismissed } from '../support/spoken-turn.js';
import { inTime } from './in-time.js';
import type { Act } from './life.js';
import type { Line } from './line.js';
import { pickOf, type Material, type PictureQuestion, type Question } from './material.js';
import type { Asked, Notes } from './record.js';

/** Longest wait for an answer (ms). */
export const ANSWER_MS = 20_000;
/** A clip of so much holds the 900 ms of speech that end an answer (ms). */
const INTERRUPTS_MS = 1800;
/** Longest wait for a picture to be attended (ms). */
const PICTURE_MS = 10_000;
const MANUAL = { audio: { input: { turn_detection: null } } };
const AUTOMATIC = { audio: { input: { turn_detection: { type: 'server_vad' as const } } } };

/** Where an act takes place. */
export interface Scene {
  readonly line: Line;
  readonly notes: Notes;
  readonly material: Material;
  readonly camera: boolean;
}

/** Performs one act; what is asked goes into the notes. @returns false: it was not answered, and what follows would not be either */
export async function perform(act: Act, scene: Scene): Promise<boolean> {
  const { line } = scene;
  switch (act.k) {
    case 'idle':
      await sleep(act.forMs);
      return true;
    case 'spoken':
      return askedAloud(act.k, questionOf(act.pick, scene), scene);
    case 'typed':
      return note(act.k, questionOf(act.pick, scene), scene, (question) => typed(line, question.text));
    case 'picture':
      return aboutPicture(pickOf(scene.material.pictured, act.pick), act.aloud, scene);
    case 'barge_in':
      return bargeIn(await longQuestion(act.pick, scene), scene);
    case 'mute':
    case 'replace':
      line.call.mute(true);
      await sleep(act.forMs);
      if (act.k === 'replace') line.clockStood(act.forMs);
      line.call.mute(false);
      return askedAloud(act.k, questionOf(act.pick, scene), scene);
    case 'button':
      return byButton(questionOf(act.pick, scene), scene);
  }
}

export function questionOf(pick: number, { camera, material }: Pick<Scene, 'camera' | 'material'>): Question {
  return pickOf(camera ? material.seen : material.blind, pick);
}

/** The first question from the picked one on that lasts long enough to end an answer: a short word said into it may be a backchannel. */
async function longQuestion(pick: number, scene: Scene): Promise<Question> {
  for (let next = pick; ; next += 1) {
    const question = questionOf(next, scene);
    if ((await question.clip()).durationMs >= INTERRUPTS_MS) return question;
  }
}

/** Asks in writing. @throws Error where no answer comes in time */
export async function typed(line: Line, text: string): Promise<string> {
  const answer = await inTime(line.call.ask(text), ANSWER_MS, 'no answer to what was written');
  if (answer.status !== 'completed' && answer.status !== 'incomplete')
    throw new Error(`answer ${answer.status}`);
  return answer.text;
}

/** Takes down a question and what came of it. */
export async function note(
  k: Asked['k'],
  question: Question,
  { notes }: Pick<Scene, 'notes'>,
  ask: (question: Question) => Promise<string>,
): Promise<boolean> {
  try {
    const answer = await ask(question);
    notes.asked.push({ k, question: question.text, answer, right: question.isRight(answer), failure: null });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof Dismissed) {
      // As wrong as an answer to something else, and no fault of the call.
      notes.asked.push({ k, question: question.text, answer: null, right: false, failure: null });
      return true;
    }
    notes.asked.push({ k, question: question.text, answer: null, right: false, failure: error.message });
    return false;
  }
}

function askedAloud(k: Act['k'], question: Question, scene: Scene): Promise<boolean> {
  return note(k, question, scene, async () => {
    const { answer } = await askAloud(scene.line.call, await question.clip(), ANSWER_MS);
    return answer;
  });
}

async function aboutPicture(question: PictureQuestion, aloud: boolean, scene: Scene): Promise<boolean> {
  const { call } = scene.line;
  const image_url = `data:image/jpeg;base64,${question.picture.toString('base64')}`;
  const attended = new Promise<void>((resolve) => {
    const off = call.on('frame', () => {
      off();
      resolve();
    });
  });
  return note('picture', question, scene, async () => {
    call.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url }] },
    });
    await inTime(attended, PICTURE_MS, 'the picture was not attended');
    if (!aloud) return typed(scene.line, question.text);
    const { answer } = await askAloud(call, await question.clip(), ANSWER_MS);
    return answer;
  });
}

/** The first answer may be over before the speech is heard: only of the second something is asked. */
function bargeIn(question: Question, scene: Scene): Promise<boolean> {
  const { line, material, camera } = scene;
  const long = camera ? material.long.camera : material.long.blind;
  return note('barge_in', question, scene, async () => {
    const clip = await question.clip();
    const begun = new Promise<void>((resolve) => {
      const off = line.call.on('delta', () => {
        off();
        resolve();
      });
    });
    const first = line.call.ask(long);
    const second = answerBeside(line.call, first);
    await inTime(Promise.race([begun, first]), ANSWER_MS, 'no answer to break into');
    let cleared = false;
    const off = line.call.on('event', ({ type }) => {
      if (type === 'input_audio_buffer.cleared') cleared = true;
    });
    try {
      await line.call.speak(clip);
      await inTime(first, ANSWER_MS, 'the answer that was broken into did not end');
      // Of all that may fail, only the answer's not coming is the ear's.
      const { text } = await inTime(second, ANSWER_MS, 'no answer to what was said into an answer').catch(
        (error: unknown) => {
          throw cleared ? new Dismissed('what was said into an answer was taken for nobody’s') : error;
        },
      );
      return text;
    } finally {
      off();
    }
  });
}

/** The next answer that came to its end, and is not the given one. */
function answerBeside(call: NodeCall, given: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve) => {
    const off = call.on('answer', (answer) => {
      const settle = (responseId: string) => {
        if (answer.responseId === responseId || answer.status === 'cancelled') return;
        off();
        resolve(answer);
      };
      given.then(
        ({ responseId }) => settle(responseId),
        () => undefined,
      );
    });
  });
}

function byButton(question: Question, scene: Scene): Promise<boolean> {
  const { call } = scene.line;
  return note('button', question, scene, async () => {
    call.update(MANUAL);
    try {
      const { answer } = await askByButton(call, await question.clip(), ANSWER_MS);
      return answer;
    } finally {
      call.update(AUTOMATIC);
    }
  });
}
