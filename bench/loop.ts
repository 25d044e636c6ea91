import { connectNode } from '@vis-a-vis/client/node';
import { CALL_FOLDER, readCallScript, type CallScript } from '../tools/support/call-script.js';
import { wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { askAloud, WATCHED_SESSION, type SpokenTurn } from '../tools/support/spoken-turn.js';
import { summarize, type Summary } from '../tools/support/statistics.js';
import { readLoopDelay, type LoopDelay } from './loop-delay.js';
import { ANSWER_MS } from './material.js';
import { benchOptions } from './options.js';

/** What `--json` writes. Durations in ms. */
interface LoopReport {
  readonly calls: number;
  readonly seconds: number;
  readonly turns: number;
  readonly eventLoopDelayMs: LoopDelay;
  readonly commitToFirstTokenMs: Summary;
  readonly speechEndToFirstTokenMs: Summary;
}

/**
 * Live calls with sound and video against the gateway as its own process, each asking question after question: how late
 * the main thread's event loop is meanwhile, and how long people wait.
 */
export async function loopBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { calls: '4', seconds: '30' });
  const calls = wholeNumber('calls', values.calls);
  const seconds = wholeNumber('seconds', values.seconds);
  const script = await readCallScript(CALL_FOLDER);
  const gateway = await GatewayProcess.start();
  try {
    const result = await measure(gateway, script, { calls, seconds });
    print(result);
    if (values.json) await writeJson(values.json, result);
  } finally {
    await gateway.stop();
  }
}

async function measure(
  gateway: GatewayProcess,
  script: CallScript,
  { calls: count, seconds }: { calls: number; seconds: number },
): Promise<LoopReport> {
  const { video } = script;
  const options = { url: gateway.url, video, session: WATCHED_SESSION };
  const calls = await Promise.all(Array.from({ length: count }, () => connectNode(options)));
  try {
    // What is measured are turns, not the setting up of calls: the reading begins anew here.
    await gateway.metrics();
    const endAt = performance.now() + seconds * 1000;
    const turns = await Promise.all(
      calls.map(async (call) => {
        const taken: SpokenTurn[] = [];
        for (let at = 0; performance.now() < endAt; at++) {
          const question = script.questions[at % script.questions.length];
          if (question) taken.push(await askAloud(call, question.clip, ANSWER_MS));
        }
        return taken;
      }),
    );
    const eventLoopDelayMs = readLoopDelay(await gateway.metrics());
    return { calls: count, seconds, eventLoopDelayMs, ...latencies(turns.flat()) };
  } finally {
    await Promise.all(calls.map((call) => call.close()));
  }
}

function latencies(turns: readonly SpokenTurn[]) {
  const known = (values: (number | null)[]) => values.filter((value) => value !== null);
  return {
    turns: turns.length,
    commitToFirstTokenMs: summarize(known(turns.map(({ timing }) => timing.commit_to_first_token_ms))),
    speechEndToFirstTokenMs: summarize(known(turns.map(({ timing }) => timing.speech_end_to_first_token_ms))),
  };
}

function print(report: LoopReport): void {
  const { eventLoopDelayMs: delay } = report;
  console.log(`${report.calls} calls, ${report.turns} turns in ${report.seconds} s; milliseconds:\n`);
  console.log(
    `event loop delay    p50 ${ms(delay.p50)}  p95 ${ms(delay.p95)}  p99 ${ms(delay.p99)}  max ${ms(delay.max)}`,
  );
  console.log(
    `                    (perf_hooks, resolution ${delay.resolution} ms, which is part of every reading)`,
  );
  for (const [name, { p50, p95, max }] of [
    ['commit → token', report.commitToFirstTokenMs],
    ['speech end → token', report.speechEndToFirstTokenMs],
  ] as const) {
    console.log(`${name.padEnd(18)}  p50 ${ms(p50)}  p95 ${ms(p95)}  ${' '.repeat(10)}  max ${ms(max)}`);
  }
}

function ms(value: number | null): string {
  return (value === null ? '–' : value.toFixed(1)).padStart(6);
}
