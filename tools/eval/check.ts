import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.js';

// The same function as training/pocket/world/check.py, over the same file of words: read in place, so that no copy can drift.
const WORDS = JSON.parse(
  readFileSync(join(REPOSITORY, 'training/pocket/world/check_words.json'), 'utf8'),
) as Record<string, Record<string, string | number>>;

/** Lower-case words and digit groups; punctuation and hyphens part them. */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('\u2019', "'")
      .match(/[a-z']+|[0-9]+/g) ?? []
  );
}

/**
 * The key words of the given categories, in the order of the text.
 * @param categories of check_words.json, or `text`: every word
 * @throws RangeError for an unknown category
 */
export function extract(text: string, categories: readonly string[]): string[] {
  const keys: string[] = [];
  const numbers = new NumberReader();
  let answered = false; // only the first yes/no answers: "No, there is no star." says no once
  for (const word of words(text)) {
    for (const category of categories) {
      if (category === 'text') {
        keys.push(word);
      } else if (category === 'number') {
        const { value, joins } = numbers.read(word);
        if (joins) keys.pop();
        if (value !== null) keys.push(String(value));
      } else {
        const key = table(category)[word];
        if (key === undefined || (category === 'yesno' && answered)) continue;
        keys.push(String(key));
        answered ||= category === 'yesno';
      }
    }
  }
  return keys;
}

/** Whether an answer says exactly the wanted key words. Size and phrasing never count. */
export function check(text: string, keys: readonly string[], categories: readonly string[]): boolean {
  const found = extract(text, categories);
  return found.length === keys.length && found.every((key, index) => key === keys[index]);
}

/** Reads numbers word by word: digits, "seven", and "forty two" in two steps. */
class NumberReader {
  /** A "forty" that waits for its "two". */
  #tens = 0;

  /** `joins`: the value completes, and takes the place of, the one before it. */
  read(word: string): { value: number | null; joins: boolean } {
    const digits = /^[0-9]+$/.test(word);
    const spelled = table('number')[word];
    const value = digits ? Number(word) : typeof spelled === 'number' ? spelled : null;
    const unit = !digits && value !== null && value >= 1 && value <= 9;
    const tens = this.#tens;
    this.#tens = !digits && value !== null && value >= 20 ? value : 0;
    return tens > 0 && unit ? { value: tens + value, joins: true } : { value, joins: false };
  }
}

function table(category: string): Record<string, string | number> {
  const found = WORDS[category];
  if (!found) throw new RangeError(`there is no category ${category} in check_words.json`);
  return found;
}
