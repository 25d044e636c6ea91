import { NEVER_OPENED, type CallEnd } from './journal.js';
import type { Leaving } from './life.js';
import type { CallRecord } from './record.js';

/** What a call comes to. */
export interface Verdict {
  /** Kinds of what should not have been; none: all was as it should be. */
  readonly failures: readonly string[];
  /** Questions that got a wrong answer. They do not make a call fail. */
  readonly wrong: number;
}

/** The gateway is told, or sees at once, that its caller is gone: it has so long to end the call (ms). */
const TOLD_MS = 8000;
/** It finds out by ICE's consent, or by a connection that is not made: 30 s, and what detecting either takes (ms). */
const SILENT_MS = 50_000;

const END_MS: Readonly<Record<Leaving, number>> = {
  hangup: TOLD_MS,
  peer_close: TOLD_MS,
  channel_close: TOLD_MS,
  events_closed_other_stays: TOLD_MS,
  mid_answer: TOLD_MS,
  mid_burst: TOLD_MS,
  network_back: TOLD_MS,
  reload: TOLD_MS,
  mid_handshake: SILENT_MS,
  before_ice: SILENT_MS,
  killed: SILENT_MS,
  network_lost: SILENT_MS,
  network_back_late: SILENT_MS,
  post_aborted: SILENT_MS,
};

/** How long after the caller left the gateway may hold its call (ms). */
export function endsWithinMs(leaving: Leaving): number {
  return END_MS[leaving];
}

/**
 * @param ends how each of the record's calls ended at the gateway; null: not in time
 */
export function judge(record: CallRecord, ends: readonly (CallEnd | null)[]): Verdict {
  const failures = record.faults.map(kindOf);
  for (const { failure } of record.asked) if (failure !== null) failures.push('not_answered');
  if (ends.some((end) => end === null)) failures.push('not_ended');
  if (record.leaving === 'hangup' && record.left && !ends.every(mayBeHungUp)) failures.push('wrong_reason');
  const wrong = record.asked.filter(({ right, failure }) => failure === null && !right).length;
  return { failures: [...new Set(failures)], wrong };
}

/** One that did not end has its own failure. */
function mayBeHungUp(end: CallEnd | null): boolean {
  return end === null || end === NEVER_OPENED || end.reason === 'hangup';
}

function kindOf(fault: string): string {
  return fault.split(':', 1)[0] ?? fault;
}
