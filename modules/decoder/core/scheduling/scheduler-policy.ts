import type { ShedReason } from '#modules/contracts';

/** In the order in which they are served. */
export type Priority = 'commit' | 'decode' | 'background' | 'idle';

const SERVED: readonly Priority[] = ['commit', 'decode', 'background', 'idle'];

/** Whether `one` is served before `other`. */
export function outranks(one: Priority, other: Priority): boolean {
  return SERVED.indexOf(one) < SERVED.indexOf(other);
}

/**
 * Runs of others while somebody of a class waits, after which that class is given one. So commits that never stop leave
 * decoding every fifth run, and the background, which is rather shed than hurried, every seventeenth. What is done in
 * idle time need not be done at all.
 */
const PATIENCE = { background: 16, decode: 4 } as const;

/** Tokens a background prefill may put into one run, so that a commit waits for one such run at most. */
export const BACKGROUND_CHUNK = 64;

/** Tokens that any other prefill may: what a person said fits in one run, a long text lets others in between. */
const COMMIT_CHUNK = 512;

/** Tokens that one run of a prefill may take. */
export function chunkOf(priority: Priority): number {
  return priority === 'background' || priority === 'idle' ? BACKGROUND_CHUNK : COMMIT_CHUNK;
}

/** Somebody who waits for the model. */
export interface Waiting {
  readonly priority: Priority;
  /** The next token of a sequence, which may share a run with others'; null for a run of one's own. */
  readonly step: Step | null;
}

export interface Step {
  /** Length of the sequence's past. */
  readonly rows: number;
  /** The sequences that it shared its last run with: to go on with the same ones saves copying. Null for none. */
  readonly group: object | null;
}

/** What may share a run. */
export interface BatchLimits {
  /** Sequences. */
  readonly size: number;
  /**
   * Rows by which the pasts of a batch may be padded, all together: every past is read as if it were as long as the
   * longest, and beyond this that costs more than a run of one's own.
   */
  readonly padding: number;
}

export const BATCH_LIMITS: BatchLimits = { size: 8, padding: 2048 };

/** Runs that others were given since each class had its last one, or since somebody of it began to wait. */
export type PassedOver = Readonly<Record<Priority, number>>;

export const NOBODY_WAITS: PassedOver = { commit: 0, decode: 0, background: 0, idle: 0 };

/**
 * Who runs next, as indices into `waiting`, which is in the order of arrival: more than one are steps that share a run.
 *
 * A class that was passed over too often comes first, then the highest class; within one the longest waiting. With it go
 * all other steps that fit, whatever their class.
 */
export function nextRun(waiting: readonly Waiting[], passedOver: PassedOver, limits: BatchLimits): number[] {
  const first = firstOf(waiting, passedOver);
  if (first === -1) return [];
  return waiting[first]?.step ? batchAround(first, waiting, limits) : [first];
}

/** What {@link nextRun} is to be told next time, after it chose `chosen`. */
export function passOver(
  waiting: readonly Waiting[],
  chosen: readonly number[],
  before: PassedOver,
): PassedOver {
  const after = { ...NOBODY_WAITS };
  for (const priority of SERVED) {
    const served = chosen.some((index) => waiting[index]?.priority === priority);
    if (!served && waiting.some((one) => one.priority === priority)) after[priority] = before[priority] + 1;
  }
  return after;
}

function firstOf(waiting: readonly Waiting[], passedOver: PassedOver): number {
  const impatient = (['background', 'decode'] as const).filter(
    (priority) => passedOver[priority] >= PATIENCE[priority],
  );
  for (const priority of [...impatient, ...SERVED]) {
    const first = waiting.findIndex((one) => one.priority === priority);
    if (first !== -1) return first;
  }
  return -1;
}

function batchAround(first: number, waiting: readonly Waiting[], limits: BatchLimits): number[] {
  const chosen: number[] = [];
  let [longest, total] = [0, 0];
  /** Puts all of them in, or none. */
  const take = (indices: readonly number[]) => {
    const rows = indices.map((index) => waiting[index]?.step?.rows ?? 0);
    const size = chosen.length + indices.length;
    const longestThen = Math.max(longest, ...rows);
    const totalThen = rows.reduce((sum, each) => sum + each, total);
    if (size > limits.size || size * longestThen - totalThen > limits.padding) return;
    chosen.push(...indices);
    [longest, total] = [longestThen, totalThen];
  };
  take([first]);
  const group = waiting[first]?.step?.group ?? null;
  const others = new Map<object, number[]>();
  const loose: number[] = [];
  waiting.forEach(({ step }, index) => {
    if (!step || index === first) return;
    if (step.group === null) loose.push(index);
    else if (step.group === group) take([index]);
    else others.set(step.group, [...(others.get(step.group) ?? []), index]);
  });
  for (const index of loose) take([index]);
  // Groups are joined whole: taken apart, they would be put together anew at every turn.
  for (const members of others.values()) take(members);
  return chosen;
}

/** Background frames that may wait: in one session, and in a worker's sessions together. */
export interface ShedLimits {
  readonly perSession: number;
  readonly perWorker: number;
}

/** A frame that would wait behind this many others would be old when it is seen: better to drop it than the present. */
export function backlogReason(
  waiting: { session: number; worker: number },
  limits: ShedLimits,
): ShedReason | null {
  if (waiting.session >= limits.perSession) return 'session_backlog';
  return waiting.worker >= limits.perWorker ? 'worker_backlog' : null;
}
