import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.js';

// The same function as training/pocket/world/check.py, over the same file of words: read in place, so that no copy can drift.
const WORDS = JSON.parse(
  readFileSync(join(REPOSITORY, 'training/pocket/world/check_words.json'), 'utf8'),
) as Record<string, Record<string, string | number>>;

const CHINESE = /[\u4e00-\u9fff]/;
const KNOWN = new Set(
  Object.values(WORDS)
    .flatMap((table) => Object.keys(table))
    .filter((word) => CHINESE.test(word)),
);
const LONGEST = Math.max(...[...KNOWN].map((word) => word.length));
const DIGITS = '零一二三四五六七八九';
const NUMERAL = /^(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九])/;

/** Lower-case words, digit groups and Chinese words; punctuation and hyphens part them. */
export function words(text: string): string[] {
  const parts =
    text
      .toLowerCase()
      .replaceAll('\u2019', "'")
      .match(/[a-z']+|[0-9]+|[\u4e00-\u9fff]+/g) ?? [];
  return parts.flatMap((part) => (CHINESE.test(part) ? segment(part) : [part]));
}

/** Chinese characters as words: the longest known word, a numeral, or one character. */
function segment(run: string): string[] {
  const out: string[] = [];
  for (let at = 0; at < run.length;) {
    const rest = run.slice(at);
    let length = Math.min(LONGEST, rest.length);
    while (length > 0 && !KNOWN.has(rest.slice(0, length))) length -= 1;
    const word = length > 0 ? rest.slice(0, length) : (NUMERAL.exec(rest)?.[0] ?? rest.slice(0, 1));
    out.push(word);
    at += word.length;
  }
  return out;
}

/**
 * The key words of the given categories, in the order of the text.
 * @param categories of check_words.json, or `text`: every word, Chinese by the character; `language`: before all others, which languages the text is in
 * @throws RangeError for an unknown category
 */
export function extract(text: string, categories: readonly string[]): string[] {
  const found = words(text);
  const keys = categories.includes('language') ? languages(found) : [];
  const numbers = new NumberReader();
  let answered = false; // only the first yes/no answers: "No, there is no star." says no once
  for (const word of found) {
    for (const category of categories) {
      if (category === 'language') continue;
      if (category === 'text') {
        keys.push(...(CHINESE.test(word) ? word.split('') : [word]));
      } else if (category === 'number') {
        const { value, joins } = numbers.read(word);
        if (joins) keys.pop();
        if (value !== null) keys.push(String(value));
      } else {
        const key = table(category)[word];
        if (key === undefined || (category === 'yesno' && answered)) continue;
        keys.push(...String(key).split(' ').filter(Boolean)); // "左上角" is top and left
        answered ||= category === 'yesno';
      }
    }
  }
  return keys;
}

/** Whether an answer says exactly the wanted key words. Phrasing never counts. */
export function check(text: string, keys: readonly string[], categories: readonly string[]): boolean {
  const found = extract(text, categories);
  return found.length === keys.length && found.every((key, index) => key === keys[index]);
}

/** `en`, `zh` or both; digits are of no language. */
function languages(found: readonly string[]): string[] {
  const spoken = found
    .filter((word) => !/^[0-9]/.test(word))
    .map((word) => (CHINESE.test(word) ? 'zh' : 'en'));
  return [...new Set(spoken)].toSorted();
}

/** Reads numbers word by word: digits, "seven", 四十二, and "forty two" in two steps. */
class NumberReader {
  /** A "forty" that waits for its "two". */
  #tens = 0;

  /** `joins`: the value completes, and takes the place of, the one before it. */
  read(word: string): { value: number | null; joins: boolean } {
    const spelled = /^[a-z']/.test(word);
    const listed = table('number')[word];
    const value = /^[0-9]/.test(word) ? Number(word) : typeof listed === 'number' ? listed : numeral(word);
    const unit = spelled && value !== null && value >= 1 && value <= 9;
    const tens = this.#tens;
    this.#tens = spelled && value !== null && value >= 20 ? value : 0;
    return tens > 0 && unit ? { value: tens + value, joins: true } : { value, joins: false };
  }
}

/** 四十二 is 42; null for what is no Chinese numeral. */
function numeral(word: string): number | null {
  if (NUMERAL.exec(word)?.[0] !== word) return null;
  const [tens, ones] = word.split('十');
  if (ones === undefined) return word === '两' ? 2 : DIGITS.indexOf(word);
  return 10 * (tens ? DIGITS.indexOf(tens) : 1) + (ones ? DIGITS.indexOf(ones) : 0);
}

function table(category: string): Record<string, string | number> {
  const found = WORDS[category];
  if (!found) throw new RangeError(`there is no category ${category} in check_words.json`);
  return found;
}
