/** What more calls fail by. */
export type Limit =
  /** The core is full. */
  | 'cpu'
  /** Datagrams came faster than they were taken. */
  | 'loss'
  /** Sound was not scored as fast as it came. */
  | 'vad_lag'
  /** Those who send were late: nothing is known of who receives. */
  | 'generator'
  /** No more calls were asked for. */
  | 'asked_for';

export interface Measured {
  readonly calls: number;
  readonly cpuPct: number;
  readonly lostPct: number;
  readonly scoredPct: number | null;
  readonly lateP99Ms: number;
}

const MOST_CPU_PCT = 95;
const MOST_LOST_PCT = 0.1;
const LEAST_SCORED_PCT = 98;
/** From here on a failure is the receiver's own. */
const FULL_PCT = 80;
/** The first guess is below what the cost of a call says, and the steps from there are small. */
const GUESS = 0.75;
const STEP = 0.08;

/** Null: so many calls are served. @param mostLateMs by how much the callers may be late (99 of 100 times) */
export function limitOf(
  { cpuPct, lostPct, scoredPct, lateP99Ms }: Measured,
  mostLateMs: number,
): Limit | null {
  if (lateP99Ms > mostLateMs) return 'generator';
  if (lostPct > MOST_LOST_PCT) return 'loss';
  if (scoredPct !== null && scoredPct < LEAST_SCORED_PCT) return 'vad_lag';
  return cpuPct > MOST_CPU_PCT ? 'cpu' : null;
}

/** Something failed although a part of the core was left. */
export function failedWithRoom(step: Measured & { readonly limit: Limit | null }): boolean {
  return step.limit !== null && step.limit !== 'cpu' && step.cpuPct < FULL_PCT;
}

/** How many calls a full core would hold, by what they cost when so many were held. */
export function callsByCost({ calls, cpuPct }: Measured): number {
  return Math.floor((calls * MOST_CPU_PCT) / cpuPct);
}

/** How many to try after these. */
export function nextCalls(steps: readonly Measured[], first: number): number {
  const last = steps.at(-1);
  if (!last) return first;
  const full = (last.calls * MOST_CPU_PCT) / Math.max(1, last.cpuPct);
  if (steps.length === 1) return Math.max(first + 1, Math.round(full * GUESS));
  return last.calls + Math.max(1, Math.round(last.calls * STEP));
}
