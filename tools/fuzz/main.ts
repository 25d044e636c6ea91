// `npm run fuzz -- --seconds N [--json FILE] [--seed N] [--url URL] [--replay FILE]`: what strangers send, beside honest calls.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runTool, wholeNumber } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { readJournal } from './core/journal.js';
import { passed, reportLines } from './report.js';
import { FuzzRun } from './run.js';

/** Errors of the fuzzer's own WebRTC stack, whose objects it misuses, are no findings. */
let own = 0;
const tolerate = (): void => void (own += 1);

await runTool(async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      json: { type: 'string' },
      seed: { type: 'string' },
      rate: { type: 'string', default: '220' },
      clients: { type: 'string', default: '8' },
      url: { type: 'string' },
      replay: { type: 'string' },
      cores: { type: 'boolean', default: false },
    },
  });
  const replay = values.replay === undefined ? null : readJournal(await readFile(values.replay, 'utf8'));
  const run = new FuzzRun({
    seconds: wholeNumber('seconds', values.seconds),
    seed:
      values.seed === undefined ? 1 + Math.floor(Math.random() * 2 ** 31) : wholeNumber('seed', values.seed),
    rate: wholeNumber('rate', values.rate),
    clients: wholeNumber('clients', values.clients),
    url: values.url ?? null,
    cores: values.cores,
    replay,
    print: console.log,
  });
  process.on('uncaughtException', tolerate).on('unhandledRejection', tolerate);
  const report = await run.run().finally(() => {
    process.off('uncaughtException', tolerate).off('unhandledRejection', tolerate);
  });
  for (const line of reportLines(report)) console.log(line);
  if (own > 0) console.log(`(${own} errors of the fuzzer's own connections were passed over)`);
  if (values.json) await writeJson(values.json, report);
  // Connections that were misused hold timers and sockets of their own.
  process.exit(passed(report) ? 0 : 1);
});
