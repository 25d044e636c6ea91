/** A Han character, a Latin word with its apostrophes, or a group of digits. */
const TOKENS = /\p{Script=Han}|[a-z']+|[0-9]+/gu;
const HAN = /\p{Script=Han}/u;

/**
 * What text is compared by: words of English, single characters of Chinese, which has no spaces. Neither case nor punctuation counts.
 */
export function tokens(text: string): string[] {
  return text.toLowerCase().replaceAll('\u2019', "'").match(TOKENS) ?? [];
}

export function isChinese(text: string): boolean {
  return HAN.test(text);
}
