import { STRINGS, type StringKey } from './strings.js';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
/** What is filled in; `=color.red` stands for another string of the page. */
export type Params = Readonly<Record<string, string | number>>;

/** BCP 47: of the document, and of a voice that reads. */
export const TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans' };
/** A string in a string in a string: no more. */
const MAX_DEPTH = 2;

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value);
}

export function isKey(value: string): value is StringKey {
  return Object.hasOwn(STRINGS, value);
}

/**
 * The first that is wanted and that there is; English where there is none of them.
 * @param wanted BCP 47, best first
 */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split('-');
    if (isLanguage(language)) return language;
  }
  return 'en';
}

/** What the page says; `{name}` stands for `params.name`. */
export function translate(language: Language, key: StringKey, params: Params = {}, depth = 0): string {
  const text: string = STRINGS[key][LANGUAGES.indexOf(language)] ?? STRINGS[key][0];
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name] ?? hole;
    const other = typeof value === 'string' && value.startsWith('=') ? value.slice(1) : '';
    return isKey(other) && depth < MAX_DEPTH ? translate(language, other, params, depth + 1) : String(value);
  });
}
