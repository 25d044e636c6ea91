/** What was said to the bot, without its name in front. */
export interface Addressed {
  /** Empty: the name alone. */
  readonly rest: string;
}

/** Greetings and the like that may stand before a name. */
const BEFORE = new Set(['hey', 'hi', 'hello', 'ok', 'okay', 'so', 'and', 'dear']);

/**
 * Whether a sentence is addressed to somebody: by a name at its beginning ("Vis, what is that?", "hey Vis", "@vis") or its end ("what is that,
 * Vis?"). A name in the middle is talk about him.
 * @param names as people write or a transcript spells them
 * @returns null: it is not
 */
export function addressedTo(text: string, names: readonly string[]): Addressed | null {
  const words = [...text.matchAll(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)];
  const wanted = names
    .map((name) => plain(name).split(' ').filter(Boolean))
    .filter(({ length }) => length > 0);
  const first = words.findIndex(([word]) => !BEFORE.has(plain(word)));
  for (const name of wanted) {
    if (first >= 0 && matches(words, first, name)) {
      const behind = words[first + name.length];
      return { rest: behind ? text.slice(behind.index).trim() : '' };
    }
    const last = words.length - name.length;
    const named = words[last];
    if (last > 0 && named && matches(words, last, name)) {
      return { rest: text.slice(0, named.index).replace(/[\s,;:@]+$/u, '') };
    }
  }
  return null;
}

function matches(words: readonly RegExpMatchArray[], at: number, name: readonly string[]): boolean {
  return name.every((part, i) => plain(words[at + i]?.[0] ?? '') === part);
}

/** Without case, accents and signs. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .toLowerCase()
    .trim();
}

/** What the bot can be told to do, rather than asked. */
export type Order = 'leave' | 'forget';

const ORDERS: readonly (readonly [RegExp, Order])[] = [
  [
    /^(?:please )?(?:leave|go away|go now|goodbye|good bye|bye)(?: (?:please|now|us|the (?:call|room|meeting)))*$/,
    'leave',
  ],
  [/^(?:please )?forget(?: (?:please|it|that|this|everything|all|me|what you (?:saw|heard)))*$/, 'forget'],
];

/** @returns null: it is none of the orders */
export function orderIn(rest: string): Order | null {
  const said = plain(rest).replace(/\s+/g, ' ');
  return ORDERS.find(([form]) => form.test(said))?.[1] ?? null;
}
