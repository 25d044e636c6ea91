import { encodePcm } from '@vis-a-vis/client/node';
import { MediaService } from '#modules/media';
import { kindOf } from '../families.js';
import { decodeOggOpus } from '../media.js';
import { turnsOf, type TestQuestion, type TestSet, type TestTurn } from '../test-set.js';
import type { CallPlan, FilmedTurn } from './call.js';
import { film } from './camera.js';

const MICROPHONE_HZ = 48_000;
/** Bits a second of Opus. */
const SPEECH_BITRATE = 24_000;
/** Turn detection goes by speech; beeps before or after it belong to the question all the same. */
const BY_BUTTON = new Set(['sound']);

/** Makes calls' video and sound of a test set's files, before the calls: encoding meanwhile would disturb them. */
export class Rehearsal {
  readonly #set: TestSet;
  readonly #secondMs: number;
  readonly #media = new MediaService({});

  /** @param secondMs see `film` */
  constructor(set: TestSet, secondMs: number) {
    this.#set = set;
    this.#secondMs = secondMs;
  }

  async plan(question: TestQuestion): Promise<CallPlan> {
    const turns: FilmedTurn[] = [];
    for (const turn of turnsOf(question)) turns.push(await this.#turn(turn));
    return { turns, pushToTalk: BY_BUTTON.has(kindOf(question.family)) };
  }

  close(): Promise<void> {
    return this.#media.onModuleDestroy();
  }

  async #turn(turn: TestTurn): Promise<FilmedTurn> {
    const files = this.#set.pictures(turn);
    const pictures = await Promise.all(files.map((file) => this.#media.decodeImage(file, 'image/jpeg')));
    const clip = pictures.length > 0 ? await film(pictures, this.#secondMs) : null;
    const pcm = await decodeOggOpus(this.#set.speech(turn), MICROPHONE_HZ);
    return {
      film: clip && { clip, pictures: pictures.length },
      speech: await encodePcm(pcm, MICROPHONE_HZ, { bitrate: SPEECH_BITRATE }),
    };
  }
}
