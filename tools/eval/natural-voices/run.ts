import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { OmniEngine } from '#modules/contracts';
import { VadService } from '#modules/vad';
import { REPOSITORY } from '../../support/repository.js';
import { evaluate, type Outcome } from '../evaluate.js';
import { kindOf } from '../families.js';
import { decodeOggOpus, MaterialReader } from '../media.js';
import { spread, spreadByFamily, type TestQuestion, type TestSet } from '../test-set.js';
import { detectedEnd } from './endpoint.js';
import { evaluateInNoise } from './noise.js';
import {
  endpointReport,
  naturalReport,
  type DetectedEnd,
  type EndpointReport,
  type NaturalReport,
  type NoiseAccuracy,
} from './report.js';

/** Questions whose end is told from a cut, and whose end is detected. */
const TURN_ENDS = 500;
const ENDPOINTS = 400;
/** Clips that a babble is made of. */
const TALK = 24;

/** The few that are in the repository, and where the command of tools/sounds/README.md puts all of them. */
const FEW = join(REPOSITORY, 'tools/eval/natural');
const ALL = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'vis-a-vis/natural');

/** The folder of the natural voices where none is named: all of them where they have been made. */
export function naturalFolder(): string {
  return existsSync(join(ALL, 'set.json')) ? ALL : FEW;
}

export interface NaturalOptions {
  readonly limit: number;
  /** Questions that are asked in each noise. */
  readonly noisy: number;
  readonly lanes: number;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

export interface NaturalResults {
  readonly outcomes: Outcome[];
  readonly natural: NaturalReport;
  readonly noise: readonly NoiseAccuracy[];
  readonly endpoint: EndpointReport;
}

/** All that is measured with natural voices: their questions, some of them in noise, and where their speech ends. */
export async function evaluateNatural(
  engine: OmniEngine,
  set: TestSet,
  { limit, noisy, lanes, onProgress }: NaturalOptions,
): Promise<NaturalResults> {
  const questions = spread(set.questions, limit);
  const reader = new MaterialReader(set, engine.caps);
  const read = (question: TestQuestion) => reader.read(question);
  try {
    const outcomes = await evaluate(engine, questions, {
      samples: { ablationsByFamily: 0, oneShot: 0, turnEnd: TURN_ENDS },
      read,
      lanes,
      onOutcome: (_, done, total) => onProgress('questions by natural voices', done, total),
    });
    const noise = await evaluateInNoise(engine, inNoise(questions, noisy), {
      read,
      talk: await speechOf(set, spread(questions.filter(isEnglish), TALK)),
      lanes,
      onOutcome: (_, done, total) => onProgress('questions in noise', done, total),
    });
    const ends = await detectedEnds(set, spread(questions, ENDPOINTS), onProgress);
    return { outcomes, natural: naturalReport(outcomes), noise, endpoint: endpointReport(ends) };
  } finally {
    await reader.close();
  }
}

/** English questions of all families alike. Beeps are left out: whoever counts sounds in noise counts the noise. */
function inNoise(questions: readonly TestQuestion[], count: number): TestQuestion[] {
  const asked = questions.filter((question) => isEnglish(question) && kindOf(question.family) !== 'sound');
  const families = new Set(asked.map(({ family }) => family)).size;
  return spread(spreadByFamily(asked, Math.ceil(count / Math.max(1, families))), count);
}

async function detectedEnds(
  set: TestSet,
  questions: readonly TestQuestion[],
  onProgress: NaturalOptions['onProgress'],
): Promise<DetectedEnd[]> {
  const vad = new VadService({ model: 'v6' });
  await vad.onModuleInit();
  const ends: DetectedEnd[] = [];
  try {
    for (const [at, question] of questions.entries()) {
      if (question.end !== undefined) {
        ends.push(await detectedEnd(vad, await decodeOggOpus(set.speech(question)), question.end));
      }
      onProgress('ends of speech', at + 1, questions.length);
    }
    return ends;
  } finally {
    await vad.onModuleDestroy();
  }
}

function isEnglish({ lang }: TestQuestion): boolean {
  return lang === 'en';
}

function speechOf(set: TestSet, questions: readonly TestQuestion[]): Promise<Float32Array[]> {
  return Promise.all(questions.map((question) => decodeOggOpus(set.speech(question))));
}
