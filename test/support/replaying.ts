import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { readCapture } from '../../src/capture/read-capture.js';
import { openParts, type ReplayParts } from '../../src/replay/replay-parts.js';
import { replay } from '../../src/replay/replay.js';
import type { Pace } from '../../src/replay/core/pace.js';
import type { TraceLine } from '../../src/replay/core/trace.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const CAPTURES = at('../fixtures/captures');
const SUFFIX = '.capture.jsonl.gz';

/** The recorded calls of the fixtures, by name. */
export const captureNames = readdirSync(CAPTURES)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));

export const capturePath = (name: string): string => `${CAPTURES}/${name}${SUFFIX}`;

/** The shipped models, on which captures of default settings are replayed. */
export function shippedParts(): Promise<ReplayParts> {
  Logger.overrideLogger(false);
  return openParts({
    modelFolder: at('../../models/visavis-pocket'),
    judgeFolder: at('../../models/turns'),
    settings: { turn_model: 'auto', vad_model: 'v6' },
  });
}

/** Where a recorded call is replayed otherwise than by default: answers so slow that one is spoken into. */
const PACES: Readonly<Record<string, Partial<Pace>>> = { 'barge-in': { tokenMs: 80 } };

/** A capture's trace, twice. */
export async function replayedTwice(name: string, parts: ReplayParts) {
  const capture = await readCapture(capturePath(name));
  const options = { pace: PACES[name] ?? {} };
  const first = await replay(capture, parts, options);
  const second = await replay(capture, parts, options);
  return { first, second };
}

/** What answers say, with how each ended. */
export function answersIn(lines: readonly TraceLine[]): string[] {
  const texts = new Map<unknown, string>();
  const answers: string[] = [];
  for (const line of lines) {
    if (line.t !== 'event') continue;
    if (line['type'] === 'text_done') texts.set(line['responseId'], line['text'] as string);
    if (line['type'] !== 'response_done') continue;
    const { id, status } = line['response'] as { id: string; status: string };
    answers.push(`${status}: ${texts.get(id) ?? ''}`);
  }
  return answers;
}
