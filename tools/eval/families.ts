import type { TestQuestion } from './test-set.js';

/**
 * Families whose right answer is the same with the frames withheld. `absent` is one: who sees nothing does not see the star.
 */
const WITHOUT_EYES = new Set(['repeat', 'recall', 'sound', 'translate', 'sums', 'chat', 'outside', 'absent']);

/** Families of speech recognition: the answer holds what was said, word by word. */
const RECOGNITION = new Set(['repeat', 'recall']);

/** The family in any language: `colour` of `colour.zh`. */
export function kindOf(family: string): string {
  return family.split('.', 1)[0] ?? family;
}

/** Whether withholding the frames takes away what the answer is made from. */
export function needsEyes(family: string): boolean {
  return !WITHOUT_EYES.has(kindOf(family));
}

export function isRecognition(family: string): boolean {
  return RECOGNITION.has(kindOf(family));
}

export function isTranslation(family: string): boolean {
  return kindOf(family) === 'translate';
}

/**
 * How many of the questions the best constant answer gets right: always the most frequent key words. Whoever knows the family but
 * neither the question nor the picture cannot do better.
 */
export function guessable(questions: readonly TestQuestion[]): number {
  const counts = Map.groupBy(questions, ({ keys }) => keys.join(' '));
  return Math.max(0, ...[...counts.values()].map((same) => same.length));
}
