import { once } from 'node:events';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { EngineSession } from '#modules/contracts';
import { RemoteEngine } from '#modules/decoder';
import { wholeNumber } from '../../tools/support/cli.js';
import { writeJson } from '../../tools/support/json-file.js';
import { percentile } from '../../tools/support/statistics.js';
import { picture } from '../material.js';
import { benchOptions } from '../options.js';

/** Of the delay's timer: part of every reading (ms). */
const RESOLUTION_MS = 1;
/** Between two rounds (ms). */
const REST_MS = 300;

/** What `--json` writes. Times are ms; the delay is as for `loop`. */
interface UploadsReport {
  readonly calls: number;
  readonly frames: number;
  readonly requests: number;
  readonly eventLoopDelayMs: { p50: number; p95: number; p99: number; max: number; resolution: number };
  /** Of the main thread, busy for one request. */
  readonly mainThreadMs: number;
  readonly answerMs: { p50: number; max: number };
}

/** What it costs the thread that handles RTP when calls ask an inference server at once, each with all its pictures. */
export async function uploadsBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { calls: '8', frames: '48', rounds: '10' });
  const calls = wholeNumber('calls', values.calls);
  const frames = wholeNumber('frames', values.frames);
  const rounds = wholeNumber('rounds', values.rounds);
  const sink = new Worker(new URL('./sink.js', import.meta.url));
  const [port] = (await once(sink, 'message')) as [number];
  const engine = new RemoteEngine({
    urls: [`http://127.0.0.1:${port}`],
    maxFrames: frames,
    warm: false,
    timeouts: { silenceMs: 60_000, idleMs: 60_000, firstTokenMs: 60_000 },
  });
  try {
    await engine.load();
    const sessions: EngineSession[] = [];
    for (let n = 0; n < calls; n += 1) sessions.push(await shown(engine, n, frames));
    await Promise.all(sessions.map((session) => ask(session)));
    const report = await measure(sessions, { calls, frames, rounds });
    const { eventLoopDelayMs: delay, mainThreadMs, answerMs } = report;
    console.log(`${calls} calls ask at once with ${frames} pictures each, ${rounds} times`);
    console.log(
      `event loop delay, ms: p50 ${delay.p50}, p95 ${delay.p95}, p99 ${delay.p99}, max ${delay.max}`,
    );
    console.log(
      `main thread, ms a request: ${mainThreadMs}; answered after ${answerMs.p50}, at most ${answerMs.max}`,
    );
    if (values.json) await writeJson(values.json, report);
  } finally {
    await engine.close({ drainMs: 0 });
    await sink.terminate();
  }
}

async function measure(
  sessions: readonly EngineSession[],
  { calls, frames, rounds }: { calls: number; frames: number; rounds: number },
): Promise<UploadsReport> {
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const before = performance.eventLoopUtilization();
  for (let n = 0; n < rounds; n += 1) {
    const askedAt = performance.now();
    await Promise.all(
      sessions.map(async (session) => {
        await ask(session);
        times.push(performance.now() - askedAt);
      }),
    );
    await sleep(REST_MS);
  }
  const { active } = performance.eventLoopUtilization(before);
  delay.disable();
  const of = (share: number) => round(delay.percentile(share) / 1e6);
  return {
    calls,
    frames,
    requests: times.length,
    eventLoopDelayMs: {
      p50: of(50),
      p95: of(95),
      p99: of(99),
      max: round(delay.max / 1e6),
      resolution: RESOLUTION_MS,
    },
    mainThreadMs: round(active / times.length),
    answerMs: { p50: round(percentile(times, 50) ?? Number.NaN), max: round(Math.max(...times)) },
  };
}

/** A session that was shown its pictures. */
async function shown(engine: RemoteEngine, n: number, frames: number): Promise<EngineSession> {
  const session = await engine.open({ system: 'You see what is shown.', tenant: 'bench' });
  await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
  for (let at = 0; at < frames; at += 1) {
    const image = picture(engine.caps, n * frames + at);
    await session.append({ k: 'frame', id: `frame ${at}`, ptsMs: at * 1000, image });
  }
  await session.append({ k: 'text', id: 'text', text: 'What is this?' });
  await session.append({ k: 'turn', id: 'close', role: 'user', edge: 'close' });
  return session;
}

async function ask(session: EngineSession): Promise<void> {
  let genId = '';
  for await (const event of session.generate({ maxTokens: 1 })) {
    if (event.t === 'start') ({ genId } = event);
  }
  await session.accept(genId, { keepTokens: 0 });
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
