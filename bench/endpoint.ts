import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { connectNode, encodePcm, type AudioClip, type NodeCall } from '@vis-a-vis/client/node';
import { decodeOggOpus } from '../tools/eval/media.js';
import { spread, TestSet } from '../tools/eval/test-set.js';
import { wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { percentile } from '../tools/support/statistics.js';
import { withPause } from '../tools/support/scripted-pause.js';
import { benchOptions } from './options.js';

/** Hesitations (ms); 0 is none. Taken in turn. */
const PAUSES_MS = [0, 200, 400, 700, 1000, 1500];
const SILENCES_MS = [200, 300, 500, 800, 1200, 1600, 2000];
const EAGERNESSES = ['high', 'medium', 'low'] as const;
/** Longer (ms) than any setting waits: an end that is not known by then counts as known then. */
const GIVE_UP_MS = 10_000;
/** Between two utterances (ms). */
const REST_MS = 300;

type TurnDetection = NonNullable<NonNullable<NonNullable<SessionPatch['audio']>['input']>['turn_detection']>;

interface Setting {
  readonly mode: 'server_vad' | 'semantic_vad';
  readonly setting: number | string;
  readonly detection: TurnDetection;
}

interface Utterance {
  readonly clip: AudioClip;
  readonly pauseMs: number;
  readonly endMs: number;
}

/** What became of one utterance: whether it was cut off before its end, and after how long (ms) that was known. */
interface Outcome {
  readonly paused: boolean;
  readonly cutOff: boolean;
  readonly delayMs: number;
}

interface Point {
  readonly mode: Setting['mode'];
  readonly setting: number | string;
  /** Of the questions with a pause inside. */
  readonly falseCutoffRate: number;
  /** From the true end of a question until its turn was over. */
  readonly delayMs: { readonly p50: number | null; readonly p95: number | null };
}

/** Questions with scripted pauses over real WebRTC: how often a pause is taken for the end, and how late the end is known. */
export async function endpointBench(args: string[]): Promise<void> {
  const everything = SILENCES_MS.length + EAGERNESSES.length;
  const values = benchOptions(args, {
    questions: '120',
    calls: '8',
    settings: String(everything),
    modes: 'server_vad,semantic_vad',
  });
  const calls = wholeNumber('calls', values.calls);
  const modes = values.modes.split(',');
  const all = allSettings().filter(({ mode }) => modes.includes(mode));
  const settings = spread(all, wholeNumber('settings', values.settings));
  const utterances = await readUtterances(wholeNumber('questions', values.questions));
  const gateway = await GatewayProcess.start();
  const curve: Point[] = [];
  try {
    console.log('mode          setting  false cut-offs  delay p50   p95');
    for (const setting of settings) {
      const outcomes = await measure(gateway.url, { setting, utterances, calls });
      const point = evaluate(setting, outcomes);
      curve.push(point);
      print(point);
    }
  } finally {
    await gateway.stop();
  }
  if (values.json) await writeJson(values.json, { curve });
}

function allSettings(): Setting[] {
  return [
    ...SILENCES_MS.map((ms): Setting => ({
      mode: 'server_vad',
      setting: ms,
      detection: { type: 'server_vad', silence_duration_ms: ms },
    })),
    ...EAGERNESSES.map((eagerness): Setting => ({
      mode: 'semantic_vad',
      setting: eagerness,
      detection: { type: 'semantic_vad', eagerness },
    })),
  ];
}

async function readUtterances(count: number): Promise<Utterance[]> {
  const set = await TestSet.read(join(REPOSITORY, 'tools/eval/set'));
  const utterances: Utterance[] = [];
  for (const [index, question] of spread(set.questions, count).entries()) {
    const pauseMs = PAUSES_MS[index % PAUSES_MS.length] ?? 0;
    const { pcm, endMs } = withPause(await decodeOggOpus(set.speech(question)), pauseMs);
    utterances.push({ clip: await encodePcm(pcm, 16_000), pauseMs, endMs });
  }
  return utterances;
}

async function measure(
  url: string,
  { setting, utterances, calls }: { setting: Setting; utterances: readonly Utterance[]; calls: number },
): Promise<Outcome[]> {
  const session: SessionPatch = {
    max_output_tokens: 8,
    audio: { input: { turn_detection: setting.detection } },
  };
  const left = [...utterances];
  const outcomes = Array.from({ length: Math.min(calls, utterances.length) }, async () => {
    const call = await connectNode({ url, session });
    const heard: Outcome[] = [];
    try {
      for (let next = left.shift(); next; next = left.shift()) heard.push(await say(call, next));
    } finally {
      await call.close();
    }
    return heard;
  });
  return (await Promise.all(outcomes)).flat();
}

async function say(call: NodeCall, { clip, pauseMs, endMs }: Utterance): Promise<Outcome> {
  const committed: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let saidAtMs: number | null = null;
  const off = call.on('event', (event: ServerEvent) => {
    if (event.type !== 'input_audio_buffer.committed') return;
    committed.push(performance.now());
    if (saidAtMs !== null) resolve();
  });
  try {
    const { lastPacketAtMs } = await call.speak(clip);
    // A microphone's packet leaves when it is whole, so the last one is due when the clip is over.
    const trueEndAtMs = lastPacketAtMs - clip.durationMs + endMs;
    saidAtMs = trueEndAtMs;
    if (!committed.some((atMs) => atMs >= trueEndAtMs)) await Promise.race([promise, sleep(GIVE_UP_MS)]);
    const endKnownAtMs = committed.find((atMs) => atMs >= trueEndAtMs) ?? trueEndAtMs + GIVE_UP_MS;
    await sleep(REST_MS);
    return {
      paused: pauseMs > 0,
      cutOff: committed.some((atMs) => atMs < trueEndAtMs),
      delayMs: endKnownAtMs - trueEndAtMs,
    };
  } finally {
    off();
  }
}

function evaluate({ mode, setting }: Setting, outcomes: readonly Outcome[]): Point {
  const paused = outcomes.filter((outcome) => outcome.paused);
  const cutOff = paused.filter((outcome) => outcome.cutOff);
  const delays = outcomes.map(({ delayMs }) => delayMs);
  return {
    mode,
    setting,
    falseCutoffRate: paused.length > 0 ? cutOff.length / paused.length : 0,
    delayMs: { p50: percentile(delays, 50), p95: percentile(delays, 95) },
  };
}

function print({ mode, setting, falseCutoffRate, delayMs }: Point): void {
  const rate = `${(100 * falseCutoffRate).toFixed(1)} %`.padStart(14);
  const [p50, p95] = [delayMs.p50, delayMs.p95].map((ms) => (ms === null ? '–' : ms.toFixed(0)));
  console.log(
    `${mode.padEnd(12)}  ${String(setting).padStart(7)}  ${rate}  ${p50?.padStart(9)} ${p95?.padStart(5)}`,
  );
}
