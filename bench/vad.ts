import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { VadService, type VadStream } from '#modules/vad';
import { writeJson } from '../tools/support/json-file.js';
import { wholeNumber } from '../tools/support/cli.js';
import { percentile } from '../tools/support/statistics.js';

const SESSIONS = [1, 4, 16, 64];
const WARM_UP_ROUNDS = 10;
const WINDOW_SAMPLES = 512;
const WINDOW_MS = 32;
/** Windows a second of one session. */
const RATE = 1000 / WINDOW_MS;

/** What `--json` writes; one value for each number of sessions. */
interface VadReport {
  readonly sessions: readonly number[];
  /** Windows that shared a run: as many as there are sessions, unless the worker began before all had come. */
  readonly rowsPerRun: readonly number[];
  /** Mean time of one run on the worker. */
  readonly msPerRun: readonly number[];
  /** Of the worker's core, with every session at 31.25 windows a second. */
  readonly coreShare: readonly number[];
  /** CPU time of the main thread for the same windows, over the same time. */
  readonly mainThreadShare: readonly number[];
  /** From the first push of a round to the last probability, median (ms). */
  readonly roundMs: readonly number[];
}

/** What the voice activity model costs for so many sessions at once, on its worker and on the main thread. */
export async function vadBench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'string' }, rounds: { type: 'string', default: '300' } },
  });
  const rounds = wholeNumber('rounds', values.rounds);
  Logger.overrideLogger(['error', 'warn']);
  const vad = new VadService({ model: 'v6', maxBatch: Math.max(...SESSIONS) });
  await vad.onModuleInit();
  try {
    const measured = [];
    for (const sessions of SESSIONS) measured.push(await measure(vad, sessions, rounds));
    const report: VadReport = {
      sessions: SESSIONS,
      rowsPerRun: measured.map(({ rowsPerRun }) => rowsPerRun),
      msPerRun: measured.map(({ msPerRun }) => msPerRun),
      coreShare: measured.map(({ coreShare }) => coreShare),
      mainThreadShare: measured.map(({ mainThreadShare }) => mainThreadShare),
      roundMs: measured.map(({ roundMs }) => roundMs),
    };
    print(report);
    if (values.json) await writeJson(values.json, report);
  } finally {
    await vad.onModuleDestroy();
  }
}

async function measure(vad: VadService, sessions: number, rounds: number) {
  const scene = new Scene(vad, sessions);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await scene.round();
  const before = { ...vad.stats(), cpu: process.threadCpuUsage() };
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await scene.round();
    times.push(performance.now() - startedAt);
  }
  const after = vad.stats();
  const cpu = process.threadCpuUsage(before.cpu);
  scene.close();
  const runs = after.runs - before.runs;
  const windows = after.windows - before.windows;
  const runMs = after.runMs - before.runMs;
  const mediaMs = rounds * WINDOW_MS;
  return {
    rowsPerRun: round(windows / runs, 1),
    msPerRun: round(runMs / runs, 3),
    coreShare: round((runMs / windows) * sessions * (RATE / 1000), 4),
    mainThreadShare: round((cpu.user + cpu.system) / 1000 / mediaMs, 4),
    roundMs: round(percentile(times, 50) ?? Number.NaN, 3),
  };
}

/** So many callers, each with the same window of sound in every round. */
class Scene {
  private readonly streams: VadStream[];
  private readonly sounds: Float32Array[];
  private at = 0;
  private missing = 0;
  private onComplete: () => void = () => undefined;

  constructor(vad: VadService, sessions: number) {
    const onProbability = () => {
      this.missing -= 1;
      if (this.missing === 0) this.onComplete();
    };
    this.streams = Array.from({ length: sessions }, () => vad.open({ onProbability }));
    this.sounds = this.streams.map((_, session) => sound(session));
  }

  round(): Promise<void> {
    return new Promise((resolve) => {
      this.onComplete = resolve;
      this.missing = this.streams.length;
      const ptsMs = this.at * WINDOW_MS;
      this.streams.forEach((stream, index) => stream.push(this.sounds[index] as Float32Array, ptsMs));
      this.at += 1;
    });
  }

  close(): void {
    for (const stream of this.streams) stream.close();
  }
}

/** The work does not depend on what is heard; silence, with its denormal numbers, would be the exception. */
function sound(session: number): Float32Array {
  return Float32Array.from(
    { length: WINDOW_SAMPLES },
    (_, index) => 0.2 * Math.sin((session * 7919 + index) * 0.05),
  );
}

function print(report: VadReport): void {
  const cell = (value: string | number) => String(value).padStart(14);
  const header = ['sessions', 'windows/run', 'ms/run', 'core share', 'main share', 'round ms'];
  console.log(header.map(cell).join(''));
  report.sessions.forEach((sessions, at) => {
    const { rowsPerRun, msPerRun, coreShare, mainThreadShare, roundMs } = report;
    const row = [sessions, rowsPerRun[at], msPerRun[at], coreShare[at], mainThreadShare[at], roundMs[at]];
    console.log(row.map((value) => cell(value ?? '–')).join(''));
  });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
