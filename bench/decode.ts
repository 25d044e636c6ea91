import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Context } from '../modules/decoder/core/context/context.js';
import { DecodeStep, ModelRunner, Sequence } from '../modules/decoder/core/scheduling/model-runner.js';
import { seededRandom } from '../modules/decoder/core/text/sampler.js';
import { loadModelFolder } from '../modules/decoder/folders/pocket/model-folder.js';
import { OrtModel } from '../modules/decoder/local/onnx/ort-model.js';
import { wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { percentile } from '../tools/support/statistics.js';
import { smollm2Decode, type Smollm2Decode } from './decode/smollm2.js';
import { standardSteps, transformersJsSteps } from './decode/standard.js';

const PAST_TOKENS = [512, 2048, 4096] as const;
const BATCH = [1, 2, 4, 8] as const;
/** Of each sequence of a batch: a few minutes of a conversation. */
const BATCH_PAST_TOKENS = 512;
const WARM_UP_STEPS = 2;
const ROUNDS = 5;

/** What `--json` writes. Tokens a second are those of the median step, its embedding lookup included; of a batch, of all. */
interface DecodeReport {
  readonly pastTokens: readonly number[];
  readonly deltaKvTokensPerS: readonly number[];
  /** Null where there is no standard export. */
  readonly standardTokensPerS: readonly (number | null)[];
  readonly transformersJsTokensPerS: readonly (number | null)[];
  readonly batch: readonly number[];
  readonly batchTokensPerS: readonly number[];
  /** The same of weights that others trained, and of llama.cpp on them; null where they cannot be had. */
  readonly smollm2: Smollm2Decode | null;
}

/** Speed of decoding on one core: by length of the past and by kind of export, and by the number of sequences in a run. */
export async function decodeBench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'string' },
      model: { type: 'string' },
      standard: { type: 'string' },
      tokens: { type: 'string', default: '60' },
    },
  });
  const tokens = wholeNumber('tokens', values.tokens);
  const folder = values.model ?? process.env['VISAVIS_MODEL'] ?? join(REPOSITORY, 'models/visavis-pocket');
  const standard = values.standard ?? process.env['VISAVIS_STANDARD_MODEL'] ?? standardExport();
  const report: DecodeReport = {
    ...(await measureOwn(resolve(folder), tokens)),
    ...(await measureStandard(standard === null ? null : resolve(standard), tokens)),
    smollm2: await smollm2Decode(PAST_TOKENS, tokens),
  };
  print(report);
  if (values.json) await writeJson(values.json, report);
}

/** The export of the shipped weights, made where there is none yet; null where it cannot be made, which is then said. */
function standardExport(): string | null {
  const script = join(REPOSITORY, 'scripts/standard-export.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, REPOSITORY], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return status === 0 ? (stdout.trim().split('\n').at(-1) ?? null) : null;
}

async function measureOwn(folder: string, tokens: number) {
  const model = await OrtModel.load(await loadModelFolder(folder), 1);
  try {
    const ofPasts = PAST_TOKENS.map((past) => ({ past, size: 1 }));
    const ofBatches = BATCH.map((size) => ({ past: BATCH_PAST_TOKENS, size }));
    return {
      pastTokens: PAST_TOKENS,
      deltaKvTokensPerS: await tokensPerS(model, ofPasts, tokens),
      batch: BATCH,
      batchTokensPerS: await tokensPerS(model, ofBatches, tokens),
    };
  } finally {
    await model.release();
  }
}

/** `size` sequences that decode together, each with a past of so many rows. */
interface Together {
  readonly past: number;
  readonly size: number;
}

/** Tokens a second of each. They take turns, so that a machine that is slower for a while is so for all of them. */
async function tokensPerS(model: OrtModel, all: readonly Together[], tokens: number): Promise<number[]> {
  const perRound = Math.ceil(tokens / ROUNDS);
  const runner = new ModelRunner(model);
  const runs = all.map(({ past, size }) => {
    const room = past + ROUNDS * (WARM_UP_STEPS + perRound);
    const sequences = Array.from({ length: size }, () => new Sequence(filledContext(model, past, room)));
    return { size, sequences, stepMs: [] as number[] };
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const { sequences, stepMs } of runs) {
      for (let at = 0; at < WARM_UP_STEPS + perRound; at++) {
        const token = at % model.config.text.vocabSize;
        const startedAt = performance.now();
        await runner.decode(sequences.map((sequence) => new DecodeStep(sequence, token)));
        if (at >= WARM_UP_STEPS) stepMs.push(performance.now() - startedAt);
      }
    }
  }
  return runs.map(({ size, stepMs }) => rate(stepMs, size));
}

/** The work does not depend on what is in the cache, so that need not be computed. */
function filledContext(model: OrtModel, rows: number, room: number): Context {
  const { layers, heads, headDim } = model.kv;
  const { hiddenSize } = model.config.text;
  const random = seededRandom(rows);
  const plane = Float32Array.from({ length: heads * rows * headDim }, () => random() - 0.5);
  const planes = Array.from({ length: layers }, () => plane);
  const context = new Context(model.kv, hiddenSize, room);
  context.add('content', new Float32Array(rows * hiddenSize), rows);
  context.takePrefilled(planes, planes, rows);
  return context;
}

async function measureStandard(folder: string | null, tokens: number) {
  const nothing = PAST_TOKENS.map(() => null);
  if (folder === null) {
    console.log(
      'no standard export to compare with: --standard may name one (training/pocket/export/standard.py)',
    );
    return { standardTokensPerS: nothing, transformersJsTokensPerS: nothing };
  }
  const standardTokensPerS: number[] = [];
  const transformersJsTokensPerS: number[] = [];
  for (const past of PAST_TOKENS) {
    const run = { folder, past, tokens: WARM_UP_STEPS + tokens };
    standardTokensPerS.push(rate((await standardSteps(run)).slice(WARM_UP_STEPS), 1));
    transformersJsTokensPerS.push(rate((await transformersJsSteps(run)).slice(WARM_UP_STEPS), 1));
  }
  return { standardTokensPerS, transformersJsTokensPerS };
}

function rate(stepMs: readonly number[], size: number): number {
  const median = percentile(stepMs, 50) ?? Number.NaN;
  return Number(((1000 * size) / median).toFixed(1));
}

function print(report: DecodeReport): void {
  const row = (...cells: (string | number | null)[]) =>
    console.log(cells.map((cell) => String(cell ?? '–').padStart(18)).join(''));
  console.log('tokens/s on one core\n');
  row('past tokens', 'delta KV', 'standard', 'transformers.js');
  report.pastTokens.forEach((past, at) => {
    const { deltaKvTokensPerS, standardTokensPerS, transformersJsTokensPerS } = report;
    row(
      past,
      deltaKvTokensPerS[at] ?? null,
      standardTokensPerS[at] ?? null,
      transformersJsTokensPerS[at] ?? null,
    );
  });
  console.log(`\nsequences in a run, each after ${BATCH_PAST_TOKENS} tokens\n`);
  row('batch', 'all together', 'of batch 1');
  const [single = Number.NaN] = report.batchTokensPerS;
  report.batch.forEach((size, at) => {
    const all = report.batchTokensPerS[at] ?? Number.NaN;
    row(size, all, `× ${(all / single).toFixed(2)}`);
  });
  const { smollm2 } = report;
  if (!smollm2) return;
  console.log('\nSmolLM2-135M, tokens/s on one core\n');
  row('past tokens', 'standard', 'transformers.js', 'llama.cpp (4 bit)');
  report.pastTokens.forEach((past, at) => {
    const { localTokensPerS: ours, transformersJsTokensPerS: theirs, llamaCppTokensPerS: cpp } = smollm2;
    row(past, ours[at] ?? null, theirs[at] ?? null, cpp[at] ?? null);
  });
}
