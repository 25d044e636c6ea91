import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type NodeCall, type VideoClip } from '@vis-a-vis/client/node';
import type { SessionPatch } from '@vis-a-vis/protocol';
import { check } from '../tools/eval/check.js';
import { decodeOggOpus } from '../tools/eval/media.js';
import {
  CALL_FOLDER,
  readCallScript,
  type CallScript,
  type ScriptedQuestion,
} from '../tools/support/call-script.js';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { connectSocket } from '../tools/support/socket-call.js';
import { askAloud, WATCHED_SESSION, type SpokenTurn } from '../tools/support/spoken-turn.js';
import { percentile } from '../tools/support/statistics.js';
import { readStill } from '../tools/support/still.js';
import { trueEndMs } from '../tools/support/true-end.js';
import { ANSWER_MS } from './material.js';
import { benchOptions } from './options.js';

/** Questions in one call: with more, what was said before would weigh on the answers. */
const TURNS_A_CALL = 4;
/**
 * Callers begin evenly within about one turn (ms). Where they all began at once they would speak, and be silent, in step, as nobody does; by WebRTC more
 * loosely than by WebSocket, because connecting takes longer.
 */
const SPREAD_MS = 3000;

interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

type Transport = 'webrtc' | 'websocket';

/** One number of calls, with or without answers begun ahead. Durations in ms. */
interface Run {
  readonly transport: Transport;
  readonly calls: number;
  readonly speculation: boolean;
  readonly turns: number;
  readonly endpointDelayMs: number;
  /** First text at the client − (true end of speech + endpoint delay). */
  readonly addedMs: Percentiles;
  /** From the true end of speech. */
  readonly speechEndToFirstTokenMs: Percentiles;
  /** By the gateway. */
  readonly commitToFirstTokenMs: Percentiles;
  /** Of all tokens generated. */
  readonly wastedTokenRatio: number;
  /** Share of right answers. */
  readonly correct: number;
}

interface Question extends ScriptedQuestion {
  readonly endMs: number;
}

interface Measured {
  readonly turn: SpokenTurn;
  readonly question: Question;
}

interface Plan {
  readonly url: string;
  readonly transport: Transport;
  /** What is seen: by a track, or, over WebSocket, as one picture at the beginning of a call. */
  readonly video: VideoClip;
  readonly picture: Buffer;
  readonly questions: readonly Question[];
  readonly turns: number;
  readonly endpointDelayMs: number;
}

/** Spoken turns over real WebRTC, or WebSocket, against the gateway as its own process, with and without answers begun ahead. */
export async function turnBench(args: string[]): Promise<void> {
  const values = benchOptions(args, {
    calls: '1,4,8',
    turns: '100',
    delay: '500',
    transport: 'webrtc',
  });
  const transport = transportOf(values.transport);
  const counts = values.calls.split(',').map((count) => wholeNumber('calls', count));
  const turns = wholeNumber('turns', values.turns);
  const endpointDelayMs = wholeNumber('delay', values.delay);
  const script = await readCallScript(CALL_FOLDER);
  const questions = await readQuestions(script);
  const gateway = await GatewayProcess.start();
  const runs: Run[] = [];
  try {
    const shown = { video: beforeEvent(script), picture: await readStill() };
    const plan = { url: gateway.url, transport, ...shown, questions, turns, endpointDelayMs };
    printHead();
    for (const calls of counts) {
      for (const speculation of [true, false]) {
        const run = await measure(plan, calls, speculation);
        runs.push(run);
        print(run);
      }
    }
  } finally {
    await gateway.stop();
  }
  if (values.json) await writeJson(values.json, { runs });
}

function transportOf(name: string): Transport {
  if (name === 'webrtc' || name === 'websocket') return name;
  throw new ToolError(`--transport: '${name}' is neither webrtc nor websocket`);
}

/** Those that can be asked at any time, with the true end of their speech. */
function readQuestions(script: CallScript): Promise<Question[]> {
  const timeless = script.questions.filter(({ afterEvent }) => !afterEvent);
  return Promise.all(
    timeless.map(async (question) => {
      const pcm = await decodeOggOpus(await readFile(join(CALL_FOLDER, question.speech)));
      return { ...question, endMs: trueEndMs(pcm) };
    }),
  );
}

/** The scene as the questions mean it: what happens later in the video would change the answers. */
function beforeEvent({ video, eventAtMs }: CallScript): VideoClip {
  const frames = video.frames.filter(({ ptsMs }) => ptsMs < eventAtMs);
  return { ...video, frames, durationMs: Math.min(video.durationMs, eventAtMs) };
}

async function measure(plan: Plan, calls: number, speculation: boolean): Promise<Run> {
  let left = plan.turns;
  const take = () => {
    const count = Math.min(TURNS_A_CALL, left);
    left -= count;
    return count;
  };
  const callers = Array.from({ length: calls }, async (_, caller) => {
    const measured: Measured[] = [];
    await sleep((SPREAD_MS * caller) / calls);
    for (let count = take(); count > 0; count = take()) {
      measured.push(...(await holdCall(plan, { speculation, count, first: caller })));
    }
    return measured;
  });
  const measured = (await Promise.all(callers)).flat();
  const { transport } = plan;
  return { transport, calls, speculation, turns: measured.length, ...evaluate(plan, measured) };
}

async function holdCall(
  plan: Plan,
  { speculation, count, first }: { speculation: boolean; count: number; first: number },
): Promise<Measured[]> {
  const call = await open(plan, {
    ...WATCHED_SESSION,
    visavis: { ...WATCHED_SESSION.visavis, speculation },
    audio: {
      input: { turn_detection: { type: 'server_vad', silence_duration_ms: plan.endpointDelayMs } },
    },
  });
  try {
    const measured: Measured[] = [];
    for (let at = 0; at < count; at++) {
      const question = plan.questions[(first + at) % plan.questions.length];
      if (!question) throw new ToolError('the call has no question');
      measured.push({ question, turn: await askAloud(call, question.clip, ANSWER_MS) });
    }
    return measured;
  } finally {
    await call.close();
  }
}

/** A call that has been seen something in. */
async function open({ url, transport, video, picture }: Plan, session: SessionPatch) {
  if (transport === 'websocket') return connectSocket({ url, session, picture });
  const call = await connectNode({ url, session, video });
  await firstFrame(call);
  return call;
}

function firstFrame(call: NodeCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const off = [
      call.on('frame', () => settle(resolve)),
      call.on('closed', ({ reason }) => settle(() => reject(new ToolError(`the call ended: ${reason}`)))),
    ];
    const settle = (end: () => void) => {
      for (const unsubscribe of off) unsubscribe();
      end();
    };
  });
}

function evaluate({ endpointDelayMs }: Plan, measured: readonly Measured[]) {
  const felt = known(measured.map(sinceTrueEnd));
  const tokens = sum(measured.map(({ turn }) => turn.timing.output_tokens));
  const wasted = sum(measured.map(({ turn }) => turn.timing.speculation?.wasted_tokens ?? 0));
  const right = measured.filter(({ question, turn }) => check(turn.answer, question.keys, question.cats));
  return {
    endpointDelayMs,
    addedMs: percentiles(felt.map((ms) => ms - endpointDelayMs)),
    speechEndToFirstTokenMs: percentiles(felt),
    commitToFirstTokenMs: percentiles(
      known(measured.map(({ turn }) => turn.timing.commit_to_first_token_ms)),
    ),
    wastedTokenRatio: tokens + wasted > 0 ? wasted / (tokens + wasted) : 0,
    correct: measured.length > 0 ? right.length / measured.length : 0,
  };
}

/** A microphone's packet leaves when it is whole, so the last packet is due when the clip is over. */
function sinceTrueEnd({ turn, question }: Measured): number | null {
  const sinceClipEndMs = turn.lastPacketToFirstTextMs;
  return sinceClipEndMs === null ? null : sinceClipEndMs + question.clip.durationMs - question.endMs;
}

function percentiles(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 50), p95: percentile(values, 95), p99: percentile(values, 99) };
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function printHead(): void {
  console.log('milliseconds, p50 / p95 / p99\n');
  const names = ['added', 'speech end → token', 'commit → token'].map((name) => name.padEnd(24));
  console.log(`calls  ahead  turns  ${names.join('')}wasted  right`);
}

function print(run: Run): void {
  const all = [run.addedMs, run.speechEndToFirstTokenMs, run.commitToFirstTokenMs];
  const columns = all.map(({ p50, p95, p99 }) => [p50, p95, p99].map(ms).join(' /').padEnd(24));
  const head = [
    String(run.calls).padStart(5),
    run.speculation ? '  yes' : '   no',
    String(run.turns).padStart(5),
  ];
  const shares = [run.wastedTokenRatio, run.correct].map((share) =>
    `${(100 * share).toFixed(0)} %`.padStart(6),
  );
  console.log(`${head.join('  ')}  ${columns.join('')}${shares.join(' ')}`);
}

function ms(value: number | null): string {
  return (value === null ? '–' : value.toFixed(0)).padStart(5);
}
