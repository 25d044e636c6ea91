import { NO_JUDGEMENT, type Judgement } from './judgement.js';

type Settle = (judgement: Judgement) => void;

/**
 * What is being judged, by job. Of one stream only the newest sound is of interest: an older one that waits still is told
 * `NO_JUDGEMENT`, as is all that is too much.
 */
export class JobList {
  readonly #most: number;
  readonly #jobs = new Map<number, { readonly stream: number; readonly settle: Settle }>();
  #next = 1;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns the job's number and those that are void by it; null: too many wait */
  add(stream: number, settle: Settle): { id: number; void: readonly number[] } | null {
    const older = [...this.#jobs].filter(([, job]) => job.stream === stream).map(([id]) => id);
    for (const id of older) this.settle(id, NO_JUDGEMENT);
    if (this.#jobs.size >= this.#most) {
      settle(NO_JUDGEMENT);
      return null;
    }
    const id = this.#next++;
    this.#jobs.set(id, { stream, settle });
    return { id, void: older };
  }

  settle(id: number, judgement: Judgement): void {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    job?.settle(judgement);
  }

  /** Nobody will judge them. */
  settleAll(): void {
    for (const id of this.#jobs.keys()) this.settle(id, NO_JUDGEMENT);
  }

  get size(): number {
    return this.#jobs.size;
  }
}
