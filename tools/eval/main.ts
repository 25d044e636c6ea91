// `npm run eval -- [--json FILE] [--set DIR] [--model DIR] [--limit N] [--ablations N] [--workers N] [--wrong FILE]`: the test set
// through the Node engine, with its ablations.
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
import { table } from './table.js';
import { spread, TestSet } from './test-set.js';

/** Beyond this, decoding the files on the main thread is what the workers wait for. */
const MAX_WORKERS = 4;
const WRONG_SHOWN = 8;
/** Questions in all that are asked a second time with all their speech at once, and whose end is told from a cut. */
const ASKED_TWICE = 500;

Logger.overrideLogger(['error', 'warn']);

await runTool(async () => {
  const options = readOptions();
  const set = await TestSet.read(options.set);
  const questions = spread(set.questions, options.limit);
  const startedAt = performance.now();
  const { model, outcomes } = await answer(set, questions, options);
  const seconds = (performance.now() - startedAt) / 1000;

  const result = report(model, outcomes);
  console.log(`\n${table(result)}\n\n${questions.length} questions in ${seconds.toFixed(0)} s`);
  const wrong = outcomes.filter(({ correct }) => !correct).map(describe);
  if (wrong.length > 0) console.log(`\n${wrong.length} were wrong, for example:`);
  for (const { id, question, expected, got } of spread(wrong, WRONG_SHOWN)) {
    console.log(`  ${id}  ${question}\n    expected: ${expected}\n    got:      ${got.slice(0, 160)}`);
  }
  if (options.wrong) await writeJson(options.wrong, wrong);
  if (options.json) await writeJson(options.json, { ...result, seconds });
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
      workers: { type: 'string' },
      wrong: { type: 'string' },
    },
  });
  const { json, set, model, limit, ablations, workers, wrong } = values;
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
      onOutcome: (_, done, total) => showProgress(done, total, performance.now() - startedAt),
    });
    return { model: caps.modelId, outcomes };
  } finally {
    await reader.close();
    await engine.close({ drainMs: 5000 });
  }
}

/** On a terminal one line that changes; in a log a line now and then. */
function showProgress(done: number, total: number, elapsedMs: number): void {
  const left = Math.ceil(((elapsedMs / done) * (total - done)) / 1000);
  const line = `${done} of ${total} questions, ${left} s left`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}   ${done === total ? '\n' : ''}`);
  else if (done % 100 === 0) console.log(line);
}

function describe({ question: { id, question, answer: expected }, text: got }: Outcome) {
  return { id, question, expected, got };
}
