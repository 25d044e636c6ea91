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

/** What a server has to compute for a prompt. */
export interface Work {
  /** Tokens that it does not have. */
  readonly newTokens: number;
  /** There is a new sound among them: encoders of sound take much for few tokens, some as much for a word as for half a minute. */
  readonly hears: boolean;
}

/** How long the servers of one model were seen to take for what was new in a prompt. */
export class Pace {
  private readonly seen = { hears: { tokens: 0, ms: 0 }, reads: { tokens: 0, ms: 0 } };

  /** @param ms until the server began to answer */
  learn({ newTokens, hears }: Work, ms: number): void {
    if (newTokens <= 0) return;
    const seen = this.seen[hears ? 'hears' : 'reads'];
    seen.tokens = seen.tokens * KEPT + newTokens;
    seen.ms = seen.ms * KEPT + ms;
  }

  msFor({ newTokens, hears }: Work): number {
    const { tokens, ms } = this.seen[hears ? 'hears' : 'reads'];
    return tokens === 0 ? 0 : (newTokens * ms) / tokens;
  }
}

/**
 * Tells a server that computes from one that hangs, by what it was given and has not begun to answer: that takes as long as such
 * things were seen to take, some times over. One that streams an answer to somebody computes, and others wait for their turn.
 */
export class Workload {
  private readonly bounds: PatienceBounds;
  private readonly pace: Pace;
  /** What it has not begun to answer would take (ms). */
  private givenMs = 0;
  /** Until then it may still compute what nobody waits for any more: some servers end no work in its middle. */
  private leftUntilMs = -Infinity;
  private signAtMs = -Infinity;

  constructor(bounds: PatienceBounds, pace: Pace) {
    this.bounds = bounds;
    this.pace = pace;
  }

  /** @returns to be called when it is begun to be answered, or will not be; idempotent */
  give(work: Work): () => void {
    let ms = this.pace.msFor(work);
    this.givenMs += ms;
    return () => {
      this.givenMs = Math.max(0, this.givenMs - ms);
      ms = 0;
    };
  }

  /** What was given is not waited for any more, and was not begun to be answered. */
  left(work: Work, atMs: number): void {
    this.leftUntilMs = Math.max(this.leftUntilMs, atMs) + this.pace.msFor(work);
  }

  /** A piece of an answer has come. */
  sign(atMs: number): void {
    this.signAtMs = Math.max(this.signAtMs, atMs);
  }

  /** When the server is to be given up that has not begun to answer what it was asked at `askedAtMs`. */
  lateAtMs(askedAtMs: number): number {
    const { silenceMs, firstTokenMs } = this.bounds;
    const from = Math.max(askedAtMs, this.signAtMs, this.leftUntilMs);
    return Math.min(from + this.patience(silenceMs), askedAtMs + Math.max(silenceMs, firstTokenMs));
  }

  /** How long an answer that has begun may stand still. */
  get gapMs(): number {
    return this.patience(this.bounds.idleMs);
  }

  private patience(leastMs: number): number {
    return Math.max(leastMs, Math.min(this.bounds.firstTokenMs, TIMES * this.givenMs));
  }
}
