import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { played, SETTINGS, turnSetSchema, type Setting, type TurnClip } from '../tools/sounds/clip.js';
import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { REPOSITORY } from '../tools/support/repository.js';
import { benchOptions } from './options.js';
import { judge, type Verdict } from './turns/judge.js';
import { DETECTION, withParts } from './turns/parts.js';
import { SpokenPieces } from './turns/pieces.js';
import { play, type PlayedParts } from './turns/played-call.js';
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
    model: undefined,
  });
  const settings = values.settings.split(',').map(settingOf);
  const kinds = values.kinds?.split(',');
  const { clips } = turnSetSchema.parse(JSON.parse(await readFile(CLIPS, 'utf8')));
  const wanted = clips.filter(({ kind }) => !kinds || kinds.some((name) => kind.includes(name)));
  const chosen = values.clips === undefined ? wanted : spread(wanted, wholeNumber('clips', values.clips));
  if (chosen.length === 0) throw new ToolError(`no clip is of the kinds '${values.kinds}'`);
  const lanes = wholeNumber('lanes', values.lanes);
  await withParts(values.model, lanes, async (parts) => {
    const judged = await judgeAll(chosen, { settings, lanes, parts, pieces: await SpokenPieces.read() });
    const report = { settings: summary(judged), kinds: byKind(judged), clips: judged };
    console.log(`\n${table(report.kinds, settings)}`);
    for (const { id, setting, why } of judged.filter(({ right }) => !right)) {
      console.log(`  ${setting.padEnd(11)}${id}: ${why}`);
    }
    if (values.json) await writeJson(values.json, report);
  });
}

function settingOf(name: string): Setting {
  const found = SETTINGS.find((setting) => setting === name);
  if (!found) throw new ToolError(`there is no setting '${name}', only ${SETTINGS.join(', ')}`);
  return found;
}

interface JudgeOptions {
  readonly settings: readonly Setting[];
  readonly lanes: number;
  readonly parts: PlayedParts;
  readonly pieces: SpokenPieces;
}

async function judgeAll(
  clips: readonly TurnClip[],
  { settings, lanes, parts, pieces }: JudgeOptions,
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
      const heard = await play(parts, {
        turnDetection: DETECTION[setting],
        pcm,
        during: clip.during,
        waitMs: WAIT_MS[setting],
      });
      const verdict: Verdict = judge(clip, heard, { endMs, lastMs, setting });
      judged[index] = { id: clip.id, kind: clip.kind, lang: clip.lang, setting, ...verdict, heard };
      done += 1;
      if (done % 20 === 0) console.log(`${done} of ${tasks.length}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return judged;
}
