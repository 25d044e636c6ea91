import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode } from '@vis-a-vis/client/node';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { summarize, type Summary } from '../tools/support/statistics.js';
import { readLoopDelay, type LoopDelay } from './loop-delay.js';
import { benchOptions } from './options.js';

/** What `--json` writes. Durations in ms. */
interface ConnectReport {
  /** Clients that connected, one after the other. */
  readonly calls: number;
  readonly answerMs: Summary;
  readonly channelOpenMs: Summary;
  /** Offers that nobody followed up, at a steady rate. */
  readonly offers: {
    readonly count: number;
    readonly perSecond: number;
    readonly answered: number;
    readonly answerMs: Summary;
    readonly eventLoopDelayMs: LoopDelay;
  };
}

/** How long an offer is waited for (ms). */
const ANSWER_MS = 10_000;

/** How soon an offer is answered and its client connected, and what offers do to the packets of others. */
export async function connectBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { calls: '20', offers: '100', rate: '10' });
  const calls = wholeNumber('calls', values.calls);
  const count = wholeNumber('offers', values.offers);
  const perSecond = wholeNumber('rate', values.rate);
  const gateway = await GatewayProcess.start();
  try {
    // The first call of a process compiles what the others find ready.
    const { offer } = await connectOnce(gateway.url);
    const taken = [];
    for (let n = 0; n < calls; n += 1) taken.push(await connectOnce(gateway.url));
    const report = {
      calls,
      answerMs: summarize(taken.map((t) => t.answerMs)),
      channelOpenMs: summarize(taken.map((t) => t.openMs)),
      offers: await offerOnly(gateway, offer, { count, perSecond }),
    };
    print(report);
    if (values.json) await writeJson(values.json, report);
  } finally {
    await gateway.stop();
  }
}

async function connectOnce(url: string): Promise<{ offer: string; answerMs: number; openMs: number }> {
  let offer = '';
  let fromMs = 0;
  let answerMs = 0;
  const call = await connectNode({
    url,
    exchange: async (sdp) => {
      offer = sdp;
      fromMs = performance.now();
      const answer = await post(url, sdp);
      answerMs = performance.now() - fromMs;
      return answer;
    },
  });
  const openMs = performance.now() - fromMs;
  await call.close();
  return { offer, answerMs, openMs };
}

async function offerOnly(
  gateway: GatewayProcess,
  offer: string,
  { count, perSecond }: { count: number; perSecond: number },
): Promise<ConnectReport['offers']> {
  const bare = offer.replace(/a=(candidate|end-of-candidates).*\r\n/g, '');
  await gateway.metrics();
  const answers: Promise<number | null>[] = [];
  const fromMs = performance.now();
  for (let n = 0; n < count; n += 1) {
    await sleep(Math.max(0, fromMs + (n * 1000) / perSecond - performance.now()));
    const sentMs = performance.now();
    answers.push(
      post(gateway.url, bare).then(
        () => performance.now() - sentMs,
        () => null,
      ),
    );
  }
  const taken = (await Promise.all(answers)).filter((ms) => ms !== null);
  const eventLoopDelayMs = readLoopDelay(await gateway.metrics());
  return { count, perSecond, answered: taken.length, answerMs: summarize(taken), eventLoopDelayMs };
}

async function post(url: string, sdp: string): Promise<string> {
  const response = await fetch(new URL('v1/realtime/calls', url), {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: sdp,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  if (response.status !== 201) throw new ToolError(`the gateway answered ${response.status}: ${text}`);
  return text;
}

function print({ calls, answerMs, channelOpenMs, offers }: ConnectReport): void {
  const pair = ({ p50, p95 }: Summary) => `p50 ${p50?.toFixed(1)}  p95 ${p95?.toFixed(1)} ms`;
  const { eventLoopDelayMs: delay } = offers;
  console.log(`${calls} clients, one after the other`);
  console.log(`  POST to answer         ${pair(answerMs)}`);
  console.log(`  POST to open channel   ${pair(channelOpenMs)}`);
  console.log(`${offers.count} offers, ${offers.perSecond} a second, ${offers.answered} answered`);
  console.log(`  POST to answer         ${pair(offers.answerMs)}`);
  console.log(
    `  event loop             p99 ${delay.p99}  max ${delay.max} ms, ${delay.resolution} ms of it its clock`,
  );
}
