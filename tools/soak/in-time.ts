import { setTimeout as sleep } from 'node:timers/promises';

/** The promise's value. @throws Error `<otherwise> within … s` where it takes longer */
export async function inTime<T>(promise: Promise<T>, ms: number, otherwise: string): Promise<T> {
  const late = new AbortController();
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${otherwise} within ${ms / 1000} s`);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}
