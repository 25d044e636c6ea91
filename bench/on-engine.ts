import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { writeJson } from '../tools/support/json-file.js';
import { modelFolderOf } from './material.js';

/**
 * Runs a bench on an engine of one worker with one thread, and writes what it found. Every such bench knows
 * `--json FILE` and `--model DIR`.
 * @param settings its own arguments, each with its default
 */
export async function onEngine<S extends Readonly<Record<string, string>>>(
  args: string[],
  settings: S,
  run: (engine: DecoderService, values: S) => Promise<unknown>,
): Promise<void> {
  const own = Object.entries(settings).map(([name, value]) => [name, { type: 'string', default: value }]);
  const options = {
    json: { type: 'string' },
    model: { type: 'string' },
    ...Object.fromEntries(own),
  } as const;
  const values = parseArgs({ args, options }).values as S & { json?: string; model?: string };
  Logger.overrideLogger(['error', 'warn']);
  const engine = new DecoderService({ modelFolder: modelFolderOf(values.model), workers: 1, threads: 1 });
  await engine.load();
  try {
    const report = await run(engine, values);
    if (values.json) await writeJson(values.json, report);
  } finally {
    await engine.close({ drainMs: 5000 });
  }
}
