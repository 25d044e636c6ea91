import { words } from './check.js';

/** Words said wrong, left out or added, and the words there should have been. */
export interface WordErrors {
  readonly errors: number;
  readonly words: number;
}

/** Levenshtein's distance in words; case and punctuation do not count. */
export function wordErrors(expected: string, got: string): WordErrors {
  const reference = words(expected);
  const hypothesis = words(got);
  // row[j]: the distance between the reference so far and the first j words of the hypothesis.
  let row = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  for (const [i, word] of reference.entries()) {
    const next = [i + 1];
    for (const [j, other] of hypothesis.entries()) {
      const substituted = (row[j] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return { errors: row.at(-1) ?? 0, words: reference.length };
}

/** The word error rate over many answers: of all their words together. Null where there are none. */
export function wordErrorRate(answers: readonly WordErrors[]): number | null {
  const total = answers.reduce((sum, answer) => sum + answer.words, 0);
  const errors = answers.reduce((sum, answer) => sum + answer.errors, 0);
  return total === 0 ? null : errors / total;
}
