import { tokens } from './tokens.js';

/** Tokens said wrong, left out or added, and the tokens there should have been. */
export interface TokenErrors {
  readonly errors: number;
  readonly tokens: number;
}

/** Levenshtein's distance in tokens: of words where the text is English, of characters where it is Chinese. */
export function tokenErrors(expected: string, got: string): TokenErrors {
  const reference = tokens(expected);
  const hypothesis = tokens(got);
  // row[j]: the distance between the reference so far and the first j tokens of the hypothesis.
  let row = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  for (const [i, token] of reference.entries()) {
    const next = [i + 1];
    for (const [j, other] of hypothesis.entries()) {
      const substituted = (row[j] ?? 0) + (token === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return { errors: row.at(-1) ?? 0, tokens: reference.length };
}

/** The error rate over many answers: of all their tokens together. Null where there are none. */
export function errorRate(answers: readonly TokenErrors[]): number | null {
  const total = answers.reduce((sum, answer) => sum + answer.tokens, 0);
  const errors = answers.reduce((sum, answer) => sum + answer.errors, 0);
  return total === 0 ? null : errors / total;
}
