// `npm run eval -- [--json FILE] [--set DIR] [--natural DIR] [--model DIR] [--limit N] [--ablations N] [--noise N] [--webrtc N]
// [--webrtc-of natural|espeak] [--calls N] [--workers N] [--only natural] [--wrong FILE]`: the test set and the natural voices
// through the Node engine, with ablations and noises, and a sample of it over real WebRTC.
import 'reflect-metadata';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { runTool, ToolError, wholeNumber } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { REPOSITORY } from '../support/repository.js';
import { evaluate, type Outcome, type SampleSizes } from './evaluate.js';
import { MaterialReader } from './media.js';
import { evaluateNatural, naturalFolder, type NaturalResults } from './natural-voices/run.js';
import { naturalLines } from './natural-voices/table.js';
import { report } from './report.js';
import { table, webRtcLines } from './table.js';
import { spread, TestSet } from './test-set.js';
import { askOverWebRtc, webRtcReport, type CallOutcome, type WebRtcReport } from './webrtc/run.js';

/** Beyond this, decoding the files on the main thread is what the workers wait for. */
const MAX_WORKERS = 4;
const WRONG_SHOWN = 8;
/** Between two lines of progress in a log. */
const LOG_EVERY_MS = 10_000;
/** Questions in all that are asked a second time with all their speech at once, and whose end is told from a cut. */
const ASKED_TWICE = 500;

Logger.overrideLogger(['error', 'warn']);

let lastShownAtMs = 0;

await runTool(async () => {
  const options = readOptions();
  const sets = { own: await TestSet.read(options.set), natural: await TestSet.read(options.natural) };
  const startedAt = performance.now();
  const { model, outcomes, byNature } = await answer(sets, options);
  const seconds = (performance.now() - startedAt) / 1000;

  const { outcomes: byPeople, ...measured } = byNature;
  const result = { ...report(model, outcomes), ...measured };
  if (outcomes.length > 0) console.log(`\n${table(result)}`);
  console.log(`\n${naturalLines(measured)}\n\nall that in ${seconds.toFixed(0)} s`);
  const natural = options.webrtcOf === 'natural';
  const { webrtc, called } = await overWebRtc(
    natural ? sets.natural : sets.own,
    natural ? byPeople : outcomes,
    options,
  );
  const wrong = [...outcomes, ...byPeople, ...called].filter(({ correct }) => !correct).map(describe);
  if (wrong.length > 0) console.log(`\n${wrong.length} were wrong, for example:`);
  for (const { id, question, expected, got } of spread(wrong, WRONG_SHOWN)) {
    console.log(`  ${id}  ${question}\n    expected: ${expected}\n    got:      ${got.slice(0, 160)}`);
  }
  if (options.wrong) await writeJson(options.wrong, wrong);
  if (options.json) await writeJson(options.json, { ...result, webrtc, seconds });
  return 0;
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      set: { type: 'string', default: join(REPOSITORY, 'tools/eval/set') },
      natural: { type: 'string' },
      only: { type: 'string' },
      noise: { type: 'string', default: '60' },
      'webrtc-of': { type: 'string', default: 'natural' },
      model: { type: 'string' },
      limit: { type: 'string' },
      ablations: { type: 'string', default: '25' },
      webrtc: { type: 'string' },
      calls: { type: 'string', default: '4' },
      workers: { type: 'string' },
      wrong: { type: 'string' },
    },
  });
  const { json, set, model, limit, ablations, noise, webrtc, calls, workers, wrong, only } = values;
  if (only !== undefined && only !== 'natural') throw new ToolError(`--only knows 'natural', not '${only}'`);
  const webrtcOf = values['webrtc-of'];
  if (webrtcOf !== 'natural' && webrtcOf !== 'espeak')
    throw new ToolError(`--webrtc-of is natural or espeak, not '${webrtcOf}'`);
  return {
    json,
    set,
    natural: values.natural ?? naturalFolder(),
    naturalOnly: only !== undefined,
    webrtcOf,
    noisy: wholeNumber('noise', noise),
    wrong,
    model: resolve(model ?? process.env['VISAVIS_MODEL'] ?? join(REPOSITORY, 'models/visavis-pocket')),
    limit: limit === undefined ? Infinity : wholeNumber('limit', limit),
    samples: {
      ablationsByFamily: wholeNumber('ablations', ablations),
      oneShot: ASKED_TWICE,
      turnEnd: ASKED_TWICE,
    },
    webrtc: webrtc === undefined ? 0 : wholeNumber('webrtc', webrtc),
    calls: wholeNumber('calls', calls),
    workers:
      workers === undefined ? Math.min(MAX_WORKERS, availableParallelism()) : wholeNumber('workers', workers),
  };
}

interface AnswerOptions {
  readonly model: string;
  readonly workers: number;
  readonly samples: SampleSizes;
  readonly limit: number;
  readonly noisy: number;
  readonly naturalOnly: boolean;
}

async function answer(
  sets: { readonly own: TestSet; readonly natural: TestSet },
  { model: modelFolder, workers, samples, limit, noisy, naturalOnly }: AnswerOptions,
): Promise<{ model: string; outcomes: Outcome[]; byNature: NaturalResults }> {
  const questions = naturalOnly ? [] : spread(sets.own.questions, limit);
  const engine = new DecoderService({ modelFolder, workers });
  await engine.load();
  const { caps } = engine;
  console.log(`${questions.length} questions to ${caps.modelId}, ${workers} at a time`);
  const reader = new MaterialReader(sets.own, caps);
  let startedAt = performance.now();
  const onProgress = (what: string, done: number, total: number) => {
    if (done === 1) startedAt = performance.now();
    showProgress(`${done} of ${total} ${what}`, done / total, performance.now() - startedAt);
  };
  try {
    const outcomes = await evaluate(engine, questions, {
      samples,
      read: (question) => reader.read(question),
      lanes: workers,
      onOutcome: (_, done, total) => onProgress('questions', done, total),
    });
    const byNature = await evaluateNatural(engine, sets.natural, {
      limit,
      noisy,
      lanes: workers,
      onProgress,
    });
    return { model: caps.modelId, outcomes, byNature };
  } finally {
    await reader.close();
    await engine.close({ drainMs: 5000 });
  }
}

/** A sample of the same questions over real WebRTC, beside what they got directly. */
async function overWebRtc(
  set: TestSet,
  outcomes: readonly Outcome[],
  { model: modelFolder, webrtc: count, calls }: { model: string; webrtc: number; calls: number },
): Promise<{ webrtc: WebRtcReport | null; called: CallOutcome[] }> {
  if (count === 0) return { webrtc: null, called: [] };
  const sample = spread(
    outcomes.filter(({ question }) => question.synthesiser !== 'flite'),
    count,
  );
  const startedAt = performance.now();
  const called = await askOverWebRtc(
    sample.map(({ question }) => question),
    {
      set,
      modelFolder,
      calls,
      onProgress: (what, done, total) =>
        showProgress(`WebRTC: ${done} of ${total} ${what}`, done / total, performance.now() - startedAt),
    },
  );
  const webrtc = webRtcReport(called, sample.filter(({ correct }) => correct).length, calls);
  console.log(`\n${webRtcLines(webrtc)} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return { webrtc, called };
}

/** On a terminal one line that changes; in a log a line now and then. */
function showProgress(text: string, share: number, elapsedMs: number): void {
  const left = Math.ceil((elapsedMs / share - elapsedMs) / 1000);
  const line = `${text}, ${left} s left`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}   ${share === 1 ? '\n' : ''}`);
  else if (performance.now() - lastShownAtMs >= LOG_EVERY_MS) console.log(line);
  else return;
  lastShownAtMs = performance.now();
}

function describe(outcome: Outcome | CallOutcome) {
  const { question, text } = outcome;
  const told = { id: question.id, question: question.question, expected: question.answer, got: text };
  return 'failure' in outcome
    ? { ...told, over: 'webrtc', failure: outcome.failure, framesAttended: outcome.framesAttended }
    : told;
}
