/** What may happen to a session that takes random steps. */
const HAPPENINGS = [
  'append',
  'abort an append',
  'shed',
  'mark',
  'rollback',
  'rollback to what is void',
  'redact',
  'redact a turn',
  'redact what is evicted',
  'evict frames',
  'evict an exchange',
  'generate',
  'interrupt',
  'abort an answer',
  'accept',
  'share a run',
] as const;

export type Happening = (typeof HAPPENINGS)[number];

/** Counts what random sessions really went through: a property says nothing of what its generator does not reach. */
export class Coverage {
  private readonly counts = new Map<Happening, number>(HAPPENINGS.map((one) => [one, 0]));

  note(happening: Happening): void {
    this.counts.set(happening, (this.counts.get(happening) ?? 0) + 1);
  }

  /** What happened less than `times`, with its count. */
  rarerThan(times: number): string[] {
    return [...this.counts].flatMap(([what, count]) => (count < times ? [`${what}: ${count}`] : []));
  }
}
