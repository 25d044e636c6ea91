/** How long a server may be silent (ms). */
export interface PatienceBounds {
  /** Before it begins to answer, at the least. */
  readonly silenceMs: number;
  /** Between two pieces of an answer, at the least. */
  readonly idleMs: number;
  /** In each case at the most. */
  readonly firstTokenMs: number;
}

/** A server may take so many times what it was seen to take. */
const TIMES = 3;
/** Of what was seen before, with each answer. */
const KEPT = 0.8;

/** How long the servers of one model were seen to take for what was new in a prompt. */
export class Pace {
  private tokens = 0;
  private ms = 0;

  /** @param tokens that the server had to compute. @param ms until it began to answer */
  learn(tokens: number, ms: number): void {
    if (tokens <= 0) return;
    this.tokens = this.tokens * KEPT + tokens;
    this.ms = this.ms * KEPT + ms;
  }

  msFor(tokens: number): number {
    return this.tokens === 0 ? 0 : (tokens * this.ms) / this.tokens;
  }
}

/**
 * Tells a server that computes from one that hangs, by what it was given and has not begun to answer: that takes as long as such
 * things were seen to take, some times over. One that streams an answer to somebody computes, and others wait for their turn.
 */
export class Workload {
  private readonly bounds: PatienceBounds;
  private readonly pace: Pace;
  /** New to the server, in what it has not begun to answer. */
  private tokens = 0;
  private signAtMs = -Infinity;

  constructor(bounds: PatienceBounds, pace: Pace) {
    this.bounds = bounds;
    this.pace = pace;
  }

  /** @returns to be called when it is begun to be answered, or will not be; idempotent */
  give(tokens: number): () => void {
    this.tokens += tokens;
    let given = tokens;
    return () => {
      this.tokens -= given;
      given = 0;
    };
  }

  /** A piece of an answer has come. */
  sign(atMs: number): void {
    this.signAtMs = Math.max(this.signAtMs, atMs);
  }

  /** When the server is to be given up that has not begun to answer what it was asked at `askedAtMs`. */
  lateAtMs(askedAtMs: number): number {
    const { silenceMs, firstTokenMs } = this.bounds;
    const from = Math.max(askedAtMs, this.signAtMs);
    return Math.min(from + this.patience(silenceMs), askedAtMs + Math.max(silenceMs, firstTokenMs));
  }

  /** How long an answer that has begun may stand still. */
  get gapMs(): number {
    return this.patience(this.bounds.idleMs);
  }

  private patience(leastMs: number): number {
    return Math.max(leastMs, Math.min(this.bounds.firstTokenMs, TIMES * this.pace.msFor(this.tokens)));
  }
}
