/** Periods of a watch: one silent period more or less decides little. */
const PERIODS = 4;

/**
 * Tells a worker that is stuck from one that is busy. An engine worker reads its messages between two runs of the model,
 * so a question that stays unanswered for `stallMs` means one run that does not end. All times are monotonic ms.
 */
export class Heartbeat {
  /** How often `check` is to be called (ms). */
  readonly periodMs: number;
  private readonly stallMs: number;
  private checkedAtMs: number;
  /** When the question was put that has not been answered. */
  private askedAtMs: number | null = null;

  constructor(stallMs: number, atMs: number) {
    this.stallMs = stallMs;
    this.periodMs = Math.ceil(stallMs / PERIODS);
    this.checkedAtMs = atMs;
  }

  /** The worker said something. */
  heard(): void {
    this.askedAtMs = null;
  }

  /** `ask`: put the question. `wait`: it is out. `stuck`: it has been for too long. */
  check(atMs: number): 'ask' | 'wait' | 'stuck' {
    // Who was away himself (a machine that slept, a long pause) has not heard what was said meanwhile.
    const awayMs = Math.max(0, atMs - this.checkedAtMs - 2 * this.periodMs);
    this.checkedAtMs = atMs;
    if (this.askedAtMs === null) {
      this.askedAtMs = atMs;
      return 'ask';
    }
    this.askedAtMs += awayMs;
    return atMs - this.askedAtMs >= this.stallMs ? 'stuck' : 'wait';
  }
}
