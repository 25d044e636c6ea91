import { CHECK } from './strings/check.js';
import { EVIDENCE } from './strings/evidence.js';
import { FRAME } from './strings/frame.js';
import type { Strings } from './strings/kind.js';
import { PROBLEM } from './strings/problem.js';
import { SETTINGS } from './strings/settings.js';
import { STAGE } from './strings/stage.js';
import { TALK } from './strings/talk.js';

/** Every word of the pages. */
export const STRINGS = {
  ...FRAME,
  ...STAGE,
  ...TALK,
  ...EVIDENCE,
  ...SETTINGS,
  ...PROBLEM,
  ...CHECK,
} as const satisfies Strings;

export type StringKey = keyof typeof STRINGS;
