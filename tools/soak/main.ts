// `npm run soak [-- --minutes N] [--json FILE] [--rate N] [--concurrent N] [--seed N] [--leave N] [--ways WAY,…]
// [--rest SECONDS]`: calls come and go at a gateway of its own, and leave in every way there is.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTool, ToolError, wholeNumber } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { REPOSITORY } from '../support/repository.js';
import { LEAVINGS, type Leaving } from './life.js';
import { readMaterial } from './material.js';
import type { CallRecord } from './record.js';
import { beyondBars, type SoakReport } from './report.js';
import { soak, type Progress } from './soak.js';

/** Lines of the gateway's log that are shown where it ends; all are in the folder. */
const EXIT_LINES = 25;

await runTool(async () => {
  const options = readOptions();
  const folder = join(REPOSITORY, 'artifacts/soak', new Date().toISOString().replaceAll(':', ''));
  console.log(`seed ${options.seed}; the gateway's log: ${join(folder, 'gateway.log')}`);
  const bad: object[] = [];
  const strays = countStrays();
  const result = await soak({
    ...options,
    material: await readMaterial(),
    folder,
    settings: {},
    onProgress: (progress) => console.log(line(progress)),
    onExit: (why) => console.log(why.split('\n').slice(-EXIT_LINES).join('\n')),
    onFailure: (record, { failures, wrong }, ends) => {
      bad.push({ ...record, failures, wrong, ends });
      if (failures.length > 0)
        console.log(`  call ${record.n} (${record.leaving}): ${why(record, failures)}`);
    },
  });
  await writeJson(join(folder, 'calls.json'), bad);
  await writeJson(join(folder, 'soak.json'), result);
  if (options.json) await writeJson(options.json, result);
  tell(result, strays());
  return beyondBars(result).length === 0 ? 0 : 1;
});
// What the clients' own WebRTC still holds, of calls whose network was cut, is not waited for.
process.exit();

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '13' },
      concurrent: { type: 'string' },
      leave: { type: 'string' },
      ways: { type: 'string' },
      seed: { type: 'string' },
      rest: { type: 'string', default: '75' },
      json: { type: 'string' },
    },
  });
  const { minutes, rate, concurrent, leave, ways, seed, rest, json } = values;
  return {
    json,
    forMs: positive('minutes', minutes) * 60_000,
    rate: positive('rate', rate),
    concurrent: wholeNumber('concurrent', concurrent ?? (leave === undefined ? '6' : '8')),
    leave: leave === undefined ? null : wholeNumber('leave', leave),
    ways: ways === undefined ? LEAVINGS : ways.split(',').map(wayOf),
    seed: seed === undefined ? 1 + (Date.now() % 1_000_000) : wholeNumber('seed', seed),
    restMs: positive('rest', rest) * 1000,
  };
}

function wayOf(name: string): Leaving {
  const way = LEAVINGS.find((one) => one === name);
  if (way) return way;
  throw new ToolError(`--ways: there is no '${name}'; there are ${LEAVINGS.join(', ')}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new ToolError(`--${option} must be a number above 0, not '${text}'`);
}

/** What the clients' own WebRTC throws into nowhere, when their network or their call is gone, does not end the tool. @returns how often */
function countStrays(): () => number {
  let strays = 0;
  process.on('unhandledRejection', (error) => {
    if (!(error instanceof Error) || !error.stack?.includes('werift')) throw error;
    strays += 1;
  });
  return () => strays;
}

function line({ elapsedMs, tally, begun, now, rssMb }: Progress): string {
  const parts = [
    `${begun} calls, ${now} now, ${tally.calls} judged`,
    `${tally.failed} failed`,
    `${tally.wrong} of ${tally.asked} answers wrong`,
    `${rssMb?.toFixed(0) ?? '?'} MB`,
    `${tally.exits.length} exits`,
  ];
  return `${(elapsedMs / 60_000).toFixed(1).padStart(5)} min: ${parts.join('; ')}`;
}

function why({ faults, asked }: CallRecord, failures: readonly string[]): string {
  const told = [
    ...faults,
    ...asked.flatMap(({ k, failure }) => (failure === null ? [] : [`${k}: ${failure}`])),
  ];
  return `${failures.join(', ')}${told.length > 0 ? ` (${told.join('; ')})` : ''}`;
}

function tell(result: SoakReport, strays: number): void {
  const { fds, timers, threads, children, rssMb, rssSlopeMbPerMin } = result;
  console.log(
    `\n${result.calls} calls in ${result.minutes} min, ${result.failed} failed; ${result.exits} exits`,
  );
  for (const [leaving, { calls, failed }] of Object.entries(result.byLeaving)) {
    console.log(`  ${leaving.padEnd(26)} ${calls} calls, ${failed} failed`);
  }
  console.log(`memory: ${rssMb.before} MB before, ${rssMb.most} at most, ${rssMb.after} after a rest`);
  console.log(`memory slope from minute 5: ${rssSlopeMbPerMin ?? 'too short to tell'} MB/min`);
  for (const [name, { before, after }] of Object.entries({ fds, timers, threads, children })) {
    console.log(`${name}: ${before} before, ${after} after`);
  }
  console.log(
    `dropped: ${JSON.stringify(result.drops)}; the callers' own delay: ${result.callersP99Ms} ms (p99)`,
  );
  if (strays > 0) console.log(`${strays} errors of the clients' own WebRTC went nowhere`);
  for (const beyond of beyondBars(result)) console.log(`NOT HELD: ${beyond}`);
}
