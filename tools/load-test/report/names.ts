import type { LoadReport } from './report.js';

/** The stages of a call and a turn, as people read them, in their order. */
export const STAGE_NAMES: Readonly<Record<keyof LoadReport['stages'], string>> = {
  answer: 'offer → answer',
  connect: 'offer → connected',
  speechStopped: 'speech stopped',
  committed: 'committed',
  firstText: 'first text',
  added: 'added (first text − delay)',
  done: 'answer whole',
  commitToFirstText: 'commit → first text',
  serverCommitToFirst: 'commit → first text, by the server',
  bargeIn: 'barge-in → cut off',
};
