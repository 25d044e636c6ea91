import type { InputKind } from './core/journal.js';

/** Counts what was sent and what came back. */
export class Tally {
  readonly byKind: Record<string, number> = {};
  readonly answers: Record<string, number> = {};

  get inputs(): number {
    return Object.values(this.byKind).reduce((sum, n) => sum + n, 0);
  }

  input(kind: InputKind, count = 1): void {
    this.byKind[kind] = (this.byKind[kind] ?? 0) + count;
  }

  /** @param code of an error, or the status of HTTP where there is none */
  answer(code: string): void {
    this.answers[code] = (this.answers[code] ?? 0) + 1;
  }
}
