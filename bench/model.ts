import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { SAMPLE_RATE, type EngineSession, type OmniEngine } from '#modules/contracts';
import { DecoderService, loadModelFolder } from '#modules/decoder';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { percentile } from '../tools/support/statistics.js';

const WARM_UP_FRAMES = 3;
const FRAMES = 30;
const SPEECH_SECONDS = 20;
/** A block of the audio encoder. */
const BLOCK_SAMPLES = 0.64 * SAMPLE_RATE;
/** How long a question is whose end is measured, and how many of them. */
const QUESTION_SECONDS = 3;
const QUESTIONS = 12;
const ANSWERS = 6;
const ANSWER_TOKENS = 100;
/** So hot that every token is as likely as another: answers that do not end early. The work for a token is the same. */
const TEMPERATURE = 1000;

/** What `--json` writes. */
interface ModelReport {
  readonly params: number;
  /** Of all files of the model folder. */
  readonly bytes: number;
  /** Median, without its prefill. */
  readonly frameEncodeMs: number;
  /** With the frames above in the context. */
  readonly decodeTokensPerS: number;
  /** Time to encode speech over its duration. */
  readonly audioRtf: number;
  /** Median time to encode what is left of a question of 3 s at its end, when it came block by block. */
  readonly encodeAtEndMs: number;
}

/** Size and speed of a model through the engine, in one thread of one worker. */
export async function modelBench(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'string' }, model: { type: 'string' } } });
  const modelFolder = resolve(
    values.model ?? process.env['VISAVIS_MODEL'] ?? join(REPOSITORY, 'models/visavis-pocket'),
  );
  Logger.overrideLogger(['error', 'warn']);
  const engine = new DecoderService({ modelFolder, workers: 1, threads: 1 });
  await engine.load();
  try {
    const { parameters } = await loadModelFolder(modelFolder);
    const speed = await measure(engine);
    const report: ModelReport = { params: parameters, bytes: await bytesUnder(modelFolder), ...speed };
    for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(18)}${value}`);
    if (values.json) await writeJson(values.json, report);
  } finally {
    await engine.close({ drainMs: 5000 });
  }
}

async function measure(engine: OmniEngine) {
  const session = await engine.open({ system: '', tenant: 'bench' });
  await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
  const frameEncodeMs = await encodeFrames(session, engine);
  const { encodeMs } = await speak(session, 'speech', SPEECH_SECONDS);
  const ends: number[] = [];
  for (let n = 0; n < QUESTIONS; n++)
    ends.push((await speak(session, `question ${n}`, QUESTION_SECONDS)).atEndMs);
  await session.append({ k: 'turn', id: 'close', role: 'user', edge: 'close' });
  const decodeTokensPerS = await decode(session);
  await session.close();
  return {
    frameEncodeMs: round(frameEncodeMs, 2),
    decodeTokensPerS: round(decodeTokensPerS, 1),
    audioRtf: round(encodeMs / (SPEECH_SECONDS * 1000), 4),
    encodeAtEndMs: round(percentile(ends, 50) ?? Number.NaN, 2),
  };
}

async function encodeFrames(session: EngineSession, engine: OmniEngine): Promise<number> {
  const { width, height } = engine.caps.frameSize;
  const times: number[] = [];
  for (let at = 0; at < WARM_UP_FRAMES + FRAMES; at++) {
    // The work does not depend on what a picture shows.
    const data = new Uint8Array(width * height * 3).map((_, i) => (i * 31 + at * 17) % 251);
    const image = { width, height, data };
    const { ms } = await session.append({ k: 'frame', id: `frame ${at}`, ptsMs: at * 1000, image });
    if (at >= WARM_UP_FRAMES) times.push(ms.encode);
  }
  return percentile(times, 50) ?? Number.NaN;
}

/** An utterance, block by block. Returns the time that encoding all of it took, and that of its last append. */
async function speak(
  session: EngineSession,
  name: string,
  seconds: number,
): Promise<{ encodeMs: number; atEndMs: number }> {
  const samples = seconds * SAMPLE_RATE;
  let [encodeMs, atEndMs] = [0, 0];
  for (let at = 0; at < samples; at += BLOCK_SAMPLES) {
    const pcm = Float32Array.from(
      { length: Math.min(BLOCK_SAMPLES, samples - at) },
      (_, i) => 0.3 * Math.sin((at + i) * 0.05),
    );
    const final = at + BLOCK_SAMPLES >= samples;
    const id = `${name} ${at}`;
    const { ms } = await session.append({ k: 'audio', id, ptsMs: at / 16, pcm, final, utterance: name });
    encodeMs += ms.encode;
    atEndMs = ms.encode;
  }
  return { encodeMs, atEndMs };
}

/** Tokens a second after the first one, which also pays for the question. */
async function decode(session: EngineSession): Promise<number> {
  let tokens = 0;
  let spentMs = 0;
  for (let seed = 1; seed <= ANSWERS; seed++) {
    const at: number[] = [];
    const options = { maxTokens: ANSWER_TOKENS, temperature: TEMPERATURE, seed };
    for await (const event of session.generate(options)) if (event.t === 'token') at.push(event.tMs);
    const [first, last] = [at[0], at.at(-1)];
    if (first === undefined || last === undefined) continue;
    tokens += at.length - 1;
    spentMs += last - first;
  }
  return (1000 * tokens) / spentMs;
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
