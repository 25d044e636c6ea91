import { spread } from '../tools/eval/test-set.js';
import { turnEndAt, withTail } from '../tools/eval/turn-end.js';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { auc } from '../tools/support/statistics.js';
import { sayOverWebRtc } from './endpoint/over-webrtc.js';
import {
  bestOf,
  MOST_CUT_OFF,
  outcomeOf,
  pointOf,
  type Outcome,
  type Point,
  type Setting,
} from './endpoint/outcome.js';
import { naturalUtterances, robotUtterances, type Utterance } from './endpoint/utterances.js';
import { benchOptions } from './options.js';
import { withParts } from './turns/parts.js';
import { play, type PlayedParts } from './turns/played-call.js';

const SILENCES_MS = [200, 300, 500, 800, 1200, 1600, 2000];
const EAGERNESSES = ['high', 'medium', 'low'] as const;
const ANSWERING = { create_response: true, interrupt_response: true } as const;
/** As long (ms) as the most patient setting waits, and a little. */
const WAIT_MS = 9000;

/** Questions with pauses inside: how often a pause is taken for the end, and how late the end is known. */
export async function endpointBench(args: string[]): Promise<void> {
  const everything = SILENCES_MS.length + EAGERNESSES.length;
  const values = benchOptions(args, {
    questions: '120',
    calls: '8',
    settings: String(everything),
    modes: 'server_vad,semantic_vad',
    voices: 'natural',
    over: 'webrtc',
    model: undefined,
  });
  const modes = values.modes.split(',');
  const all = allSettings().filter(({ mode }) => modes.includes(mode));
  const settings = spread(all, wholeNumber('settings', values.settings));
  const utterances = await utterancesOf(values.voices, wholeNumber('questions', values.questions));
  const calls = wholeNumber('calls', values.calls);
  const curve: Point[] = [];
  const measure = async (say: (setting: Setting) => Promise<Outcome[]>) => {
    console.log('mode          setting  false cut-offs  delay mean   p50   p95');
    for (const setting of settings) {
      const point = pointOf(setting, await say(setting));
      curve.push(point);
      print(point);
    }
  };
  let turnEnd: TurnEndAuc | null = null;
  if (values.over === 'virtual') {
    await withParts(values.model, 1, async (parts) => {
      turnEnd = await turnEndAuc(parts, utterances);
      await measure((setting) => inVirtualTime(parts, setting, utterances));
    });
  } else {
    const gateway = await GatewayProcess.start(values.model ? { VISAVIS_MODEL: values.model } : {});
    try {
      await measure(({ detection }) => sayOverWebRtc(gateway.url, { detection, utterances, calls }));
    } finally {
      await gateway.stop();
    }
  }
  const best = { server_vad: bestOf(curve, 'server_vad'), semantic_vad: bestOf(curve, 'semantic_vad') };
  console.log(`\nat ≤ ${100 * MOST_CUT_OFF} % false cut-offs, the quickest on average:`);
  for (const point of Object.values(best)) if (point) print(point);
  if (turnEnd) console.log(`end of turn, AUC: ${JSON.stringify(turnEnd)}`);
  if (values.json)
    await writeJson(values.json, { voices: values.voices, over: values.over, curve, best, turnEnd });
}

function utterancesOf(voices: string, count: number): Promise<Utterance[]> {
  if (voices === 'natural') return naturalUtterances(count);
  if (voices === 'espeak') return robotUtterances(count);
  throw new ToolError(`--voices is natural or espeak, not '${voices}'`);
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

async function inVirtualTime(
  parts: PlayedParts,
  { detection }: Setting,
  utterances: readonly Utterance[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const turnDetection =
    detection.type === 'semantic_vad'
      ? { type: detection.type, eagerness: detection.eagerness ?? 'auto', ...ANSWERING }
      : {
          type: detection.type,
          threshold: 0.5,
          prefix_padding_ms: 300,
          silence_duration_ms: detection.silence_duration_ms ?? 500,
          idle_timeout_ms: null,
          ...ANSWERING,
        };
  for (const utterance of utterances) {
    const { committed } = await play(parts, { turnDetection, pcm: utterance.pcm, waitMs: WAIT_MS });
    outcomes.push(outcomeOf(utterance, committed));
  }
  return outcomes;
}

interface TurnEndAuc {
  readonly n: number;
  /** Of the model's own head; null: it has none. */
  readonly model: number | null;
  readonly smartTurn: number | null;
}

/** How well the model, and Smart Turn beside it, tell the end of a question from a pause inside of one. */
async function turnEndAuc(
  { engine, judge }: PlayedParts,
  utterances: readonly Utterance[],
): Promise<TurnEndAuc> {
  const scores = {
    model: { ended: [] as number[], cut: [] as number[] },
    smartTurn: { ended: [] as number[], cut: [] as number[] },
  };
  const ear = judge.open();
  for (const { pcm, pauseAtMs, endMs } of utterances) {
    for (const [what, atMs] of [
      ['ended', endMs],
      ['cut', pauseAtMs],
    ] as const) {
      if (atMs === null) continue;
      const said = pcm.subarray(0, atMs * 16);
      const told = {
        model: await turnEndAt(engine, said),
        smartTurn: (await ear.judge(withTail(said), { turnEnd: true, speech: false })).turnEnd,
      };
      if (told.model !== null) scores.model[what].push(told.model);
      if (told.smartTurn !== null) scores.smartTurn[what].push(told.smartTurn);
    }
  }
  ear.close();
  return {
    n: scores.smartTurn.ended.length + scores.smartTurn.cut.length,
    model: auc(scores.model.ended, scores.model.cut),
    smartTurn: auc(scores.smartTurn.ended, scores.smartTurn.cut),
  };
}

function print({ mode, setting, falseCutoffRate, delayMs }: Point): void {
  const rate = `${(100 * falseCutoffRate).toFixed(1)} %`.padStart(14);
  const [mean, p50, p95] = [delayMs.mean, delayMs.p50, delayMs.p95].map((ms) => ms?.toFixed(0) ?? '–');
  console.log(
    `${mode.padEnd(12)}  ${String(setting).padStart(7)}  ${rate}  ${mean?.padStart(10)} ${p50?.padStart(5)} ${p95?.padStart(5)}`,
  );
}
