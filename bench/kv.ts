import {
  SAMPLE_RATE,
  type EngineCaps,
  type EngineSession,
  type OmniEngine,
  type Segment,
} from '#modules/contracts';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { percentile } from '../tools/support/statistics.js';
import { picture, readQuestion, withEngine } from './material.js';
import { benchOptions } from './options.js';

const FRAMES = [0, 8, 16, 32, 48];
/** Samples that are encoded at once while somebody speaks. */
const BLOCK = 0.32 * SAMPLE_RATE;
const WARM_UP = 2;

/** What `--json` writes: medians in ms from the end of speech to the first token, one for each number of frames. */
interface KvReport {
  readonly frames: number[];
  /** The frames are in the KV cache, and the speech is encoded up to its last block. */
  readonly streamingMs: number[];
  /** Frames and speech come all at once at the end of speech, as to a server without a memory. */
  readonly resendMs: number[];
}

/** What it saves to attend to pictures and speech as they come. */
export async function kvBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { model: undefined, repeat: '20', frames: FRAMES.join(',') });
  const repeat = wholeNumber('repeat', values.repeat);
  await withEngine(values.model, async (engine) => {
    const pcm = await readQuestion();
    const report: KvReport = { frames: [], streamingMs: [], resendMs: [] };
    console.log('commit → first token, medians in ms\n\nframes  streaming    resend');
    for (const frames of values.frames.split(',').map(frameCount)) {
      const streamingMs = await measure(engine, streaming(engine.caps, pcm, frames), repeat);
      const resendMs = await measure(engine, resend(engine.caps, pcm, frames), repeat);
      report.frames.push(frames);
      report.streamingMs.push(streamingMs);
      report.resendMs.push(resendMs);
      console.log(`${String(frames).padStart(6)}${cell(streamingMs)}${cell(resendMs)}`);
    }
    if (values.json) await writeJson(values.json, report);
  });
}

/** One way to bring frames and a question to the engine. */
interface Way {
  /** Before anybody speaks. */
  readonly before: readonly Segment[];
  /** While somebody speaks. */
  readonly during: readonly Segment[];
  /** At the end of speech. */
  readonly rest: readonly Segment[];
}

function streaming(caps: EngineCaps, pcm: Float32Array, frames: number): Way {
  const during: Segment[] = [];
  let at = 0;
  for (; at + BLOCK < pcm.length; at += BLOCK) during.push(speech(pcm, at, at + BLOCK));
  const before = [edge('open'), ...pictures(caps, frames)];
  return { before, during, rest: [speech(pcm, at, pcm.length), edge('close')] };
}

function resend(caps: EngineCaps, pcm: Float32Array, frames: number): Way {
  const rest = [edge('open'), ...pictures(caps, frames), speech(pcm, 0, pcm.length), edge('close')];
  return { before: [], during: [], rest };
}

/** Median of so many answers, each from the same context. */
async function measure(engine: OmniEngine, way: Way, repeat: number): Promise<number> {
  const session = await engine.open({ system: '', tenant: 'bench' });
  for (const segment of way.before) await session.append(segment);
  const times: number[] = [];
  for (let at = 0; at < WARM_UP + repeat; at++) {
    const mark = session.mark();
    for (const segment of way.during) await session.append(segment);
    const startedAt = performance.now();
    const appended = Promise.all(way.rest.map((segment) => session.append(segment)));
    await firstToken(session);
    if (at >= WARM_UP) times.push(performance.now() - startedAt);
    await appended;
    await session.rollback(mark);
  }
  await session.close();
  return Math.round((percentile(times, 50) ?? Number.NaN) * 100) / 100;
}

/** Resolves at the first token, or where the model has nothing to say. */
async function firstToken(session: EngineSession): Promise<void> {
  for await (const event of session.generate({ maxTokens: 1 })) if (event.t !== 'start') return;
}

function pictures(caps: EngineCaps, count: number): Segment[] {
  return Array.from({ length: count }, (_, at) => ({
    k: 'frame',
    id: `frame ${at}`,
    ptsMs: at * 1000,
    image: picture(caps, at),
  }));
}

function speech(pcm: Float32Array, from: number, to: number): Segment {
  const final = to >= pcm.length;
  return {
    k: 'audio',
    id: `speech ${from}`,
    ptsMs: 0,
    pcm: pcm.slice(from, to),
    final,
    utterance: 'question',
  };
}

function edge(at: 'open' | 'close'): Segment {
  return { k: 'turn', id: at, role: 'user', edge: at };
}

function frameCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new ToolError(`--frames must be whole numbers with commas between, not '${text}'`);
}

function cell(ms: number): string {
  return ms.toFixed(1).padStart(11);
}
