// `npm run eval -- [--json FILE] [--set DIR] [--model DIR] [--limit N] [--ablations N] [--webrtc N] [--calls N] [--workers N]
// [--wrong FILE]`: the test set through the Node engine, with its ablations, and a sample of it over real WebRTC.
import 'reflect-metadata';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { runTool, wholeNumber } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { REPOSITORY } from '../support/repository.js';
import { evaluate, type Outcome, type SampleSizes } from './evaluate.js';
import { MaterialReader } from './media.js';
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
  const set = await TestSet.read(options.set);
  const questions = spread(set.questions, options.limit);
  const startedAt = performance.now();
  const { model, outcomes } = await answer(set, questions, options);
  const seconds = (performance.now() - startedAt) / 1000;

  const result = report(model, outcomes);
  console.log(`\n${table(result)}\n\n${questions.length} questions in ${seconds.toFixed(0)} s`);
  const { webrtc, called } = await overWebRtc(set, outcomes, options);
  const wrong = [...outcomes, ...called].filter(({ correct }) => !correct).map(describe);
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
      model: { type: 'string' },
      limit: { type: 'string' },
      ablations: { type: 'string', default: '25' },
      webrtc: { type: 'string' },
      calls: { type: 'string', default: '4' },
      workers: { type: 'string' },
      wrong: { type: 'string' },
    },
  });
  const { json, set, model, limit, ablations, webrtc, calls, workers, wrong } = values;
  return {
    json,
    set,
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

async function answer(
  set: TestSet,
  questions: Parameters<typeof evaluate>[1],
  { model: modelFolder, workers, samples }: { model: string; workers: number; samples: SampleSizes },
): Promise<{ model: string; outcomes: Outcome[] }> {
  const engine = new DecoderService({ modelFolder, workers });
  await engine.load();
  const { caps } = engine;
  console.log(`${questions.length} questions to ${caps.modelId}, ${workers} at a time`);
  const reader = new MaterialReader(set, caps);
  const startedAt = performance.now();
  try {
    const outcomes = await evaluate(engine, questions, {
      samples,
      read: (question) => reader.read(question),
      lanes: workers,
      onOutcome: (_, done, total) =>
        showProgress(`${done} of ${total} questions`, done / total, performance.now() - startedAt),
    });
    return { model: caps.modelId, outcomes };
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
    outcomes.filter(({ question }) => question.synthesiser === 'espeak'),
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
