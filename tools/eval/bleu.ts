const ORDERS = 4;

/** A translation in tokens, and the right one. */
export interface Translation {
  readonly reference: readonly string[];
  readonly hypothesis: readonly string[];
}

/**
 * Corpus BLEU (0..100) with one reference each, as sacrebleu counts it: n-grams up to four over all sentences together, a brevity penalty,
 * and exponential smoothing of orders without a match. Where no hypothesis is four tokens long, only the orders that exist count.
 * @returns null where there is nothing to translate
 */
export function bleu(translations: readonly Translation[]): number | null {
  if (translations.length === 0) return null;
  const hypothesisLength = sum(translations.map(({ hypothesis }) => hypothesis.length));
  const referenceLength = sum(translations.map(({ reference }) => reference.length));
  if (hypothesisLength === 0) return 0;
  const logs: number[] = [];
  let smoothing = 1;
  for (let order = 1; order <= ORDERS; order++) {
    const matches = translations.map((translation) => matchesOf(translation, order));
    const matched = sum(matches.map(([count]) => count));
    const total = sum(matches.map(([, of]) => of));
    if (total === 0) break;
    if (order === 1 && matched === 0) return 0;
    if (matched === 0) smoothing *= 2;
    logs.push(Math.log(matched === 0 ? 1 / (smoothing * total) : matched / total));
  }
  const brevity = Math.min(1, Math.exp(1 - referenceLength / hypothesisLength));
  return 100 * brevity * Math.exp(sum(logs) / logs.length);
}

/** How many n-grams of the hypothesis are in the reference, each as often as it is there, and how many there are. */
function matchesOf({ reference, hypothesis }: Translation, order: number): [number, number] {
  const left = new Map<string, number>();
  for (const gram of grams(reference, order)) left.set(gram, (left.get(gram) ?? 0) + 1);
  const all = grams(hypothesis, order);
  let matched = 0;
  for (const gram of all) {
    const times = left.get(gram) ?? 0;
    if (times === 0) continue;
    left.set(gram, times - 1);
    matched += 1;
  }
  return [matched, all.length];
}

function grams(tokens: readonly string[], order: number): string[] {
  return Array.from({ length: Math.max(0, tokens.length - order + 1) }, (_, at) =>
    tokens.slice(at, at + order).join(' '),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
