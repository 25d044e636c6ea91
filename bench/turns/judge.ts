import type { TurnClip } from '../../tools/sounds/clip.js';

/** What a session made of a clip. Times are ms from the clip's beginning, on the media clock. */
export interface Heard {
  /** When each turn was taken for over. */
  readonly committed: readonly number[];
  /** Those that the clip led to, in their order. */
  readonly answers: readonly Answer[];
  /** Of the answer that was under way: null where there was none. */
  readonly underWay: 'completed' | 'cancelled' | null;
}

export interface Answer {
  readonly text: string;
  readonly status: 'completed' | 'cancelled';
  readonly firstTextMs: number | null;
}

export interface Verdict {
  readonly right: boolean;
  /** Turns too many or too few. */
  readonly wrongTurns: number;
  /** A turn was taken for over, or something answered, before the question was. */
  readonly early: boolean;
  /** An answer was cut off that nobody meant to cut off. */
  readonly cancelled: boolean;
  /** From the true end of the question to the first text of the answer; null: there is none to measure. */
  readonly delayMs: number | null;
  /** Why it is wrong, in a few words. */
  readonly why: string;
}

/** An answer that comes later than this (ms) after the last that was said is no right one: people would have asked again. */
const LATEST_MS = { server_vad: 1000, auto: 1500, low: 3000 };
/** A commit may be known this much before the last sample of the question (ms): a label is a threshold on a level. */
const LABEL_MS = 60;

/** When the question was over (null: there is none), when the caller had done, and how long the session was to wait. */
export interface Truth {
  readonly endMs: number | null;
  readonly lastMs: number;
  readonly setting: keyof typeof LATEST_MS;
}

export function judge(
  { right }: Pick<TurnClip, 'right'>,
  { committed, answers, underWay }: Heard,
  { endMs, lastMs, setting }: Truth,
): Verdict {
  const wrong: string[] = [];
  const wanted = 'turns' in right ? right.turns : 'stops' in right ? null : [0];
  const wrongTurns =
    wanted === null ? 0 : Math.min(...wanted.map((count) => Math.abs(count - committed.length)));
  if (wrongTurns > 0) wrong.push(`${committed.length} turns`);
  // Where several turns are right, the first may be over before the second begins.
  const questionEndMs = wanted !== null && Math.max(...wanted) <= 1 ? endMs : null;
  const early = questionEndMs !== null && committed.some((atMs) => atMs < questionEndMs - LABEL_MS);
  if (early) wrong.push('early');

  const completed = answers.filter(({ status }) => status === 'completed');
  const said = completed.map(({ text }) => text).join(' ');
  const firstTextMs = completed.at(-1)?.firstTextMs ?? null;
  const delayMs = endMs === null || firstTextMs === null ? null : firstTextMs - endMs;
  if ('answers' in right) {
    for (const pattern of right.answers) {
      if (!new RegExp(pattern, 'i').test(said)) wrong.push(`no '${pattern}' in '${said}'`);
    }
    if (completed.length > Math.max(...right.turns)) wrong.push(`${completed.length} answers`);
    if (firstTextMs !== null && firstTextMs > lastMs + LATEST_MS[setting] && delayMs !== null)
      wrong.push(`${Math.round(delayMs)} ms`);
  }
  if ('none' in right || 'goesOn' in right) {
    const told = answers.find(({ text }) => text !== '');
    if (told) wrong.push(`answered '${told.text}'`);
  }
  if ('stops' in right && underWay !== 'cancelled') wrong.push('goes on');
  const cancelled = 'goesOn' in right && underWay !== 'completed';
  if (cancelled) wrong.push('cut off');
  return { right: wrong.length === 0, wrongTurns, early, cancelled, delayMs, why: wrong.join('; ') };
}
