/** Strings by their keys, in English and in Chinese. `{name}` is filled in. */
export type Strings = Readonly<Record<string, readonly [en: string, zh: string]>>;
