import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Logger as NestLogger } from '@nestjs/common';
import { VisavisError } from '#modules/contracts';
import { manifestDigest } from '../capture/captures.js';
import type { Capture } from '../capture/core/records.js';
import { readCapture } from '../capture/read-capture.js';
import { configFromEnvironment } from '../config/environment.js';
import { keepWasmWrappersGeneric } from '../lifecycle/wasm-wrappers.js';
import { modelFolder } from '../model-folder.js';
import { createLogger } from '../telemetry/logger.js';
import { tellLine } from './core/tell.js';
import type { Trace } from './core/trace.js';
import { openParts } from './replay-parts.js';
import { replay } from './replay.js';

const USAGE = 'usage: npm run replay -- FILE [--json FILE] [--token-ms N]';

/** `npm run replay -- FILE`: a recorded call, through the gateway's own pipeline, as a trace. */
async function main(args: string[]): Promise<void> {
  const { file, json, tokenMs } = readArguments(args);
  keepWasmWrappersGeneric();
  NestLogger.overrideLogger(['error', 'warn']);
  const capture = await readCapture(file);
  const config = configFromEnvironment();
  const logger = createLogger('warn');
  const folder = await modelFolder(config, logger);
  await tellModel(capture, folder);
  const { settings } = capture.header;
  const parts = await openParts({ modelFolder: folder, judgeFolder: config.judgeFolder, settings });
  try {
    const pace = tokenMs === null ? {} : { tokenMs };
    const trace = await replay(capture, parts, { pace, logger });
    for (const line of trace.lines) print(tellLine(line));
    compare(capture, trace);
    if (json !== null) await writeFile(json, trace.text);
  } finally {
    await parts.close();
  }
}

function readArguments(args: string[]): { file: string; json: string | null; tokenMs: number | null } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'string' }, 'token-ms': { type: 'string' } },
      allowPositionals: true,
    });
    const [file] = positionals;
    const tokenMs = values['token-ms'] === undefined ? null : Number(values['token-ms']);
    const isPace = tokenMs === null || (tokenMs >= 0 && tokenMs <= 10_000);
    if (file === undefined || positionals.length > 1 || !isPace) throw new RangeError(USAGE);
    return { file, json: values.json ?? null, tokenMs };
  } catch (cause) {
    throw new VisavisError('bad_request', cause instanceof RangeError ? USAGE : `${String(cause)}\n${USAGE}`);
  }
}

/** Says where what is replayed on is not what was recorded. */
async function tellModel({ header: { model, gateway, began_at } }: Capture, folder: string): Promise<void> {
  print(`recorded ${began_at} by vis-a-vis ${gateway} with ${model.id} (${model.engine})`);
  if (model.engine === 'remote') print('note: a server of others answered then; here the local model does');
  else if (model.manifest_sha256 !== (await manifestDigest(folder)))
    print('note: the model is another one than then');
}

/** Answers then and now, side by side. */
function compare({ records }: Capture, trace: Trace): void {
  const then = records.flatMap((record) => (record.t === 'out' ? answerIn(record.text) : []));
  const now = trace.lines.flatMap(({ t, type, text }) =>
    t === 'event' && type === 'text_done' ? [String(text)] : [],
  );
  const same = then.length === now.length && then.every((text, index) => text === now[index]);
  print(
    same ? `${now.length} answers, as they were recorded` : 'answers differ from those that were recorded:',
  );
  if (same) return;
  for (let index = 0; index < Math.max(then.length, now.length); index++) {
    print(`  then ${JSON.stringify(then[index] ?? null)}, now ${JSON.stringify(now[index] ?? null)}`);
  }
}

function answerIn(text: string): string[] {
  if (!text.includes('"response.output_text.done"')) return [];
  try {
    const event = JSON.parse(text) as { type?: unknown; text?: unknown };
    return event.type === 'response.output_text.done' ? [String(event.text)] : [];
  } catch {
    return [];
  }
}

function print(line: string | null): void {
  if (line !== null) process.stdout.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof VisavisError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
