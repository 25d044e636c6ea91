const FIRST_MS = 100;
const MOST_MS = 2000;

/**
 * How long (ms) to wait before a request is tried again: twice as long each time, and anything between half of that and all of it,
 * so that those who failed together do not come again together.
 * @param attempt from 1: how often it has failed
 * @param chance 0..1
 * @param askedMs what the server asked for (`Retry-After`); it is heeded up to 2 s
 */
export function backoffMs(attempt: number, chance: number, askedMs: number | null = null): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.max(most / 2 + (chance * most) / 2, Math.min(MOST_MS, askedMs ?? 0));
}
