import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { played, SETTINGS, turnSetSchema, type Setting, type TurnClip } from '../tools/sounds/clip.js';
import { CALL_FOLDER, readCallScript } from '../tools/support/call-script.js';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { GatewayProcess } from '../tools/support/gateway-process.js';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { benchOptions } from './options.js';
import { judge, type Heard, type Verdict } from './turns/judge.js';
import { playOverWebRtc } from './turns/over-webrtc.js';
import { DETECTION, WIRE, withParts } from './turns/parts.js';
import { SpokenPieces } from './turns/pieces.js';
import { play } from './turns/played-call.js';
import { byKind, summary, table, type Judged } from './turns/report.js';
import { spread } from '../tools/eval/test-set.js';

const CLIPS = join(REPOSITORY, 'tools/sounds/turns.json');
/** As long (ms) as a setting may wait for more, and a little. */
const WAIT_MS: Readonly<Record<Setting, number>> = { server_vad: 2500, auto: 6000, low: 10_000 };
/** A set of short clips of what happens in calls, and what a session makes of each: the list is tools/sounds/turns.json. */
export async function turnsBench(args: string[]): Promise<void> {
  const values = benchOptions(args, {
    settings: SETTINGS.join(','),
    kinds: undefined,
    clips: undefined,
    lanes: String(Math.min(2, availableParallelism())),
    over: 'virtual',
    model: undefined,
  });
  const settings = values.settings.split(',').map(settingOf);
  const kinds = values.kinds?.split(',');
  const { clips } = turnSetSchema.parse(JSON.parse(await readFile(CLIPS, 'utf8')));
  const wanted = clips.filter(({ kind }) => !kinds || kinds.some((name) => kind.includes(name)));
  const chosen = values.clips === undefined ? wanted : spread(wanted, wholeNumber('clips', values.clips));
  if (chosen.length === 0) throw new ToolError(`no clip is of the kinds '${values.kinds}'`);
  const lanes = wholeNumber('lanes', values.lanes);
  const pieces = await SpokenPieces.read();
  const report = (judged: readonly Judged[]) => tell(judged, settings, values.json);
  if (values.over === 'webrtc') {
    // An answer of the gateway is whole before anybody could speak into it.
    const callable = chosen.filter(({ during }) => during === undefined);
    await report(await overWebRtc(callable, { settings, lanes, pieces, model: values.model }));
  } else {
    await withParts(values.model, lanes, async (parts) => {
      const player: Player = (setting, pcm, { during }) =>
        play(parts, { turnDetection: DETECTION[setting], pcm, during, waitMs: WAIT_MS[setting] });
      await report(await judgeAll(chosen, { settings, lanes, pieces, player }));
    });
  }
}

async function tell(
  judged: readonly Judged[],
  settings: readonly Setting[],
  json: string | undefined,
): Promise<void> {
  const kinds = byKind(judged);
  console.log(`\n${table(kinds, settings)}`);
  for (const { id, setting, why } of judged.filter(({ right }) => !right)) {
    console.log(`  ${setting.padEnd(11)}${id}: ${why}`);
  }
  if (json) await writeJson(json, { settings: summary(judged), kinds, clips: judged });
}

async function overWebRtc(
  clips: readonly TurnClip[],
  { model, ...options }: Omit<JudgeOptions, 'player'> & { readonly model: string | undefined },
): Promise<Judged[]> {
  const { video: film, eventAtMs } = await readCallScript(CALL_FOLDER);
  const frames = film.frames.filter(({ ptsMs }) => ptsMs < eventAtMs);
  const video = { ...film, frames, durationMs: Math.min(film.durationMs, eventAtMs) };
  const gateway = await GatewayProcess.start(model ? { VISAVIS_MODEL: model } : {});
  try {
    const player: Player = (setting, pcm) =>
      playOverWebRtc(gateway.url, { detection: WIRE[setting], video, pcm, waitMs: WAIT_MS[setting] });
    return await judgeAll(clips, { ...options, player });
  } finally {
    await gateway.stop();
  }
}

function settingOf(name: string): Setting {
  const found = SETTINGS.find((setting) => setting === name);
  if (!found) throw new ToolError(`there is no setting '${name}', only ${SETTINGS.join(', ')}`);
  return found;
}

/** Plays a sound to a session with that setting. */
type Player = (setting: Setting, pcm: Float32Array, clip: TurnClip) => Promise<Heard>;

interface JudgeOptions {
  readonly settings: readonly Setting[];
  /** Sessions at once. */
  readonly lanes: number;
  readonly pieces: SpokenPieces;
  readonly player: Player;
}

async function judgeAll(
  clips: readonly TurnClip[],
  { settings, lanes, pieces, player }: JudgeOptions,
): Promise<Judged[]> {
  const tasks = clips.flatMap((clip, number) =>
    settings
      .filter((setting) => clip.settings.includes(setting))
      .map((setting) => ({ clip, number, setting })),
  );
  const queue = tasks.entries();
  const judged: Judged[] = [];
  let done = 0;
  const lane = async () => {
    for (const [index, { clip, number, setting }] of queue) {
      const { pcm, endMs, lastMs } = played(clip, pieces, number);
      const heard = await player(setting, pcm, clip);
      const verdict: Verdict = judge(clip, heard, { endMs, lastMs, setting });
      judged[index] = { id: clip.id, kind: clip.kind, lang: clip.lang, setting, ...verdict, heard };
      done += 1;
      if (done % 20 === 0) console.log(`${done} of ${tasks.length}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return judged;
}
