import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSession } from '#modules/contracts';
import { RemoteEngine } from '#modules/decoder';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import type { ServerProcess } from '../../tools/servers/server-process.js';
import { startVllmServer } from '../../tools/servers/vllm-server.js';
import { ToolError, wholeNumber } from '../../tools/support/cli.js';
import { writeJson } from '../../tools/support/json-file.js';
import { percentile } from '../../tools/support/statistics.js';
import { picture, readQuestion } from '../material.js';
import { benchOptions } from '../options.js';

const FRAMES = [0, 8, 16, 32, 48];
/** Until a frame that is sent ahead is in the server's cache, at the most (ms). */
const WARM_MS = 300_000;
/** Some servers run on little: nothing is to be given up for that. */
const PATIENT = { firstUseMs: 300_000, silenceMs: 300_000, firstTokenMs: 300_000, idleMs: 300_000 };
const FLAVOURS = ['llama', 'vllm', 'sglang', 'openai'] as const;
/** What can be started here; of the others it has to be said where they are. */
const STARTS: Partial<Record<string, (o: { threads?: number }) => Promise<ServerProcess>>> = {
  llama: (o) => startLlamaServer({ slots: 2, ...o }),
  vllm: startVllmServer,
};

/** What `--json` writes: one entry for each number of frames; times are medians in ms from the end of speech to the first token. */
interface RemoteReport {
  readonly server: string;
  readonly frames: number[];
  /** The frames were sent ahead. */
  readonly warmedMs: number[];
  /** Frames and speech come all at once, to a cache that has none of them. */
  readonly resentMs: number[];
  /** Of the prompt's tokens at the question, where the frames were sent ahead: found in the server's cache. */
  readonly cachedShare: number[];
  /** Requests that the server answered in a minute while frames were sent ahead and questions asked, one after the other. */
  requestsPerMin: number;
}

/** What it saves to send frames ahead to an inference server that others run. */
export async function remoteBench(args: string[]): Promise<void> {
  const defaults = {
    url: undefined,
    server: 'llama',
    repeat: '1',
    frames: FRAMES.join(','),
    threads: undefined,
  };
  const values = benchOptions(args, defaults);
  const flavour = FLAVOURS.find((known) => known === values.server);
  if (!flavour) throw new ToolError(`--server is one of ${FLAVOURS.join(', ')}, not '${values.server}'`);
  const start = STARTS[flavour];
  if (!start && values.url === undefined)
    throw new ToolError(`--server ${flavour} is not started here: --url says where it is`);
  const repeat = wholeNumber('repeat', values.repeat);
  const counts = values.frames.split(',').map(frameCount);
  const threads = values.threads === undefined ? {} : { threads: wholeNumber('threads', values.threads) };
  const own = values.url === undefined && start ? await start(threads) : null;
  const maxFrames = Math.max(1, ...counts);
  const engine = new RemoteEngine({
    urls: [values.url ?? own?.url ?? ''],
    flavour,
    maxFrames,
    timeouts: PATIENT,
  });
  try {
    await engine.load();
    const report = await measure(engine, `${flavour} ${engine.caps.modelId}`, { counts, repeat });
    if (values.json) await writeJson(values.json, report);
  } finally {
    await engine.close({ drainMs: 0 });
    await own?.stop();
  }
}

async function measure(
  engine: RemoteEngine,
  server: string,
  { counts, repeat }: { counts: readonly number[]; repeat: number },
): Promise<RemoteReport> {
  const pcm = await readQuestion();
  const report: RemoteReport = {
    server,
    frames: [],
    warmedMs: [],
    resentMs: [],
    cachedShare: [],
    requestsPerMin: 0,
  };
  let requests = 0;
  let spentMs = 0;
  console.log(`${server}: end of speech → first token, medians in ms\n`);
  console.log('frames    warmed    resent    cached');
  // The first sound of a process is slower than those after it.
  await askOnce(engine, pcm, { frames: 0, ahead: false });
  for (const frames of counts) {
    const [warmed, resent, shares]: [number[], number[], number[]] = [[], [], []];
    for (let n = 0; n < repeat; n += 1) {
      const before = answered(engine);
      const startedAt = performance.now();
      const one = await askOnce(engine, pcm, { frames, ahead: true });
      requests += answered(engine) - before;
      spentMs += performance.now() - startedAt;
      warmed.push(one.ms);
      shares.push(one.cachedShare);
      resent.push((await askOnce(engine, pcm, { frames, ahead: false })).ms);
    }
    const row = [median(warmed), median(resent)] as const;
    const share = Number((percentile(shares, 50) ?? Number.NaN).toFixed(3));
    report.frames.push(frames);
    report.warmedMs.push(row[0]);
    report.resentMs.push(row[1]);
    report.cachedShare.push(share);
    console.log(
      [frames, ...row, `${Math.round(100 * share)} %`]
        .map((cell) => `${cell}`.padStart(10))
        .join('')
        .slice(4),
    );
  }
  report.requestsPerMin = Math.round((60_000 * requests) / spentMs);
  console.log(`\n${report.requestsPerMin} requests a minute`);
  return report;
}

const answered = ({ stats }: RemoteEngine): number =>
  stats.requests + stats.warm.requests - stats.warm.aborted;

let sessions = 0;

/** One question about so many frames, in a session of a tenant of its own: nothing is left of another one. */
async function askOnce(
  engine: RemoteEngine,
  pcm: Float32Array,
  { frames, ahead }: { frames: number; ahead: boolean },
): Promise<{ ms: number; cachedShare: number }> {
  sessions += 1;
  const session = await engine.open({ system: 'You see what is shown.', tenant: `bench ${sessions}` });
  try {
    await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
    if (ahead) for (let at = 0; at < frames; at += 1) await show(engine, session, at);
    const startedAt = performance.now();
    const rest: Promise<unknown>[] = [];
    if (!ahead) rest.push(...Array.from({ length: frames }, (_, at) => append(engine, session, at)));
    rest.push(session.append({ k: 'audio', id: 'said', ptsMs: 0, pcm, final: true }));
    rest.push(session.append({ k: 'turn', id: 'close', role: 'user', edge: 'close' }));
    let ms = 0;
    let cachedShare = 0;
    for await (const event of session.generate({ maxTokens: 1 })) {
      if (event.t !== 'start' && ms === 0) ms = performance.now() - startedAt;
      if (event.t === 'end') cachedShare = event.usage.cached / event.usage.prompt;
    }
    await Promise.all(rest);
    return { ms, cachedShare };
  } finally {
    await session.close();
  }
}

/** Shows a frame, and waits until the server has it in its cache. */
async function show(engine: RemoteEngine, session: EngineSession, at: number): Promise<void> {
  const { requests } = engine.stats.warm;
  await append(engine, session, at);
  const untilMs = performance.now() + WARM_MS;
  while (engine.stats.warm.requests === requests) {
    if (engine.stats.warm.helps === false)
      throw new ToolError('the server finds nothing again of what is sent ahead: is its prefix cache on?');
    if (performance.now() > untilMs) throw new ToolError(`frame ${at} was not taken in ${WARM_MS / 1000} s`);
    await sleep(5);
  }
}

function append(engine: RemoteEngine, session: EngineSession, at: number): Promise<unknown> {
  const image = picture(engine.caps, at);
  return session.append({ k: 'frame', id: `frame ${at}`, ptsMs: at * 1000, image });
}

const median = (times: readonly number[]): number => Math.round(percentile(times, 50) ?? Number.NaN);

function frameCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new ToolError(`--frames must be whole numbers such as 0,8,48, not '${text}'`);
}
