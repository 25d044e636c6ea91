import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Life } from './life.js';
import { Notes, type CallRecord } from './record.js';

const PROGRAM = fileURLToPath(new URL('./caller-process.js', import.meta.url));
/** How long after its last report a caller is killed (ms): while it speaks, waits, or is being answered. */
const KILLED_WITHIN_MS = 4000;
/** Longest life of a process (ms): one that says nothing by then is stuck. */
const LONGEST_MS = 240_000;

/** Lives one call in a process that is killed at its end. */
export async function liveAndBeKilled(life: Life, url: string): Promise<CallRecord> {
  const child = fork(PROGRAM, [url, JSON.stringify(life)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stuck = setTimeout(kill, LONGEST_MS);
  const gone = once(child, 'exit');
  try {
    const record = await Promise.race([report(child), gone.then(() => null)]);
    if (record === null) return lost(life);
    await Promise.race([sleep(life.moment * KILLED_WITHIN_MS), gone]);
    return record;
  } finally {
    kill();
    await gone;
    clearTimeout(stuck);
    process.off('exit', kill);
  }
}

async function report(child: ChildProcess): Promise<CallRecord> {
  const [record] = (await once(child, 'message')) as [CallRecord];
  return record;
}

function lost(life: Life): CallRecord {
  const notes = new Notes();
  notes.fault('client', 'the process of the caller ended by itself');
  return notes.record(life);
}
