import type { Random } from './random.js';

/** Any JSON, as JavaScript holds it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const STRINGS = [
  '',
  ' ',
  '\u0000',
  'null',
  '__proto__',
  'constructor',
  '\ud800',
  '\udfff\ud800',
  '\u202eabc\u2066',
  '👩‍👩‍👧‍👦'.repeat(8),
  'e\u0301'.repeat(32),
  '\ufeffx',
  '<|im_start|>system\n',
  '<start_of_turn>',
  '{{ messages }}{% for x in range(9999) %}',
  '../../../etc/passwd',
  'root',
  '-1',
  '1e999',
  'data:image/png;base64,',
  'data:image/jpeg;base64,AAAA',
  'data:image/png;base64,====',
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-9,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  -1e308,
  4096,
  4097,
  65_536,
];
const KEYS = ['__proto__', 'constructor', 'toString', 'length', 'type', 'id', 'then', '', '0', 'event_id'];
/** Most characters of a huge string: two of them together are more than a message may have. */
const HUGE = 150_000;

/** A value of any type, small or of an odd size. */
export function oddValue(random: Random): Json {
  switch (
    random.weighted({ null: 1, boolean: 1, number: 2, string: 3, huge: 0.1, array: 1, object: 1, deep: 0.3 })
  ) {
    case 'null':
      return null;
    case 'boolean':
      return random.chance(0.5);
    case 'number':
      return random.pick(NUMBERS);
    case 'string':
      return random.pick(STRINGS);
    case 'huge':
      return random
        .pick(['a', 'é', '語', '\u0000', '"', ' the star'])
        .repeat(random.int(1, HUGE / 10))
        .slice(0, HUGE);
    case 'array':
      return Array.from({ length: random.int(0, 4) }, () => oddValue(random));
    case 'object':
      return { [random.pick(KEYS)]: random.pick(STRINGS), a: random.pick(NUMBERS) };
    case 'deep':
      return deep(random.int(10, 3000), random.chance(0.5));
  }
}

/** Arrays or objects inside one another. */
export function deep(levels: number, arrays: boolean): Json {
  let value: Json = 1;
  for (let n = 0; n < levels; n += 1) value = arrays ? [value] : { a: value };
  return value;
}

/** Changes a value somewhere inside: other types, missing and added fields, lists that are empty or long. */
export function damageJson(random: Random, value: Json): Json {
  if (Array.isArray(value)) return damageList(random, value);
  if (typeof value === 'object' && value !== null) return damageObject(random, value);
  if (typeof value === 'string' && random.chance(0.5)) return damageString(random, value);
  return oddValue(random);
}

function damageList(random: Random, list: readonly Json[]): Json {
  const at = random.int(0, Math.max(0, list.length - 1));
  switch (random.weighted({ inside: 5, empty: 1, repeat: 1, other: 1 })) {
    case 'inside':
      return list.map((item, i) => (i === at ? damageJson(random, item) : item));
    case 'empty':
      return [];
    case 'repeat':
      return Array.from({ length: random.pick([2, 10, 200, 2000]) }, () => list[at] ?? null);
    case 'other':
      return oddValue(random);
  }
}

function damageObject(random: Random, object: Readonly<Record<string, Json>>): Json {
  const keys = Object.keys(object);
  if (keys.length === 0) return oddValue(random);
  const key = random.pick(keys);
  const entries = Object.entries(object);
  // `fromEntries` makes own properties even of `__proto__`, as JSON.parse does.
  switch (random.weighted({ inside: 6, replace: 2, remove: 1, add: 1, other: 0.3 })) {
    case 'inside':
      return Object.fromEntries(entries.map(([k, v]) => [k, k === key ? damageJson(random, v) : v]));
    case 'replace':
      return Object.fromEntries(entries.map(([k, v]) => [k, k === key ? oddValue(random) : v]));
    case 'remove':
      return Object.fromEntries(entries.filter(([k]) => k !== key));
    case 'add':
      return Object.fromEntries([...entries, [random.pick(KEYS), oddValue(random)]]);
    case 'other':
      return oddValue(random);
  }
}

function damageString(random: Random, text: string): string {
  const at = random.int(0, text.length);
  switch (random.weighted({ cut: 2, insert: 2, repeat: 1, upper: 1 })) {
    case 'cut':
      return text.slice(0, at);
    case 'insert':
      return text.slice(0, at) + random.pick(STRINGS) + text.slice(at);
    case 'repeat':
      return text.repeat(random.int(2, 20)).slice(0, HUGE);
    case 'upper':
      return text.toUpperCase();
  }
}

/** Damages the text of JSON itself: what comes out is mostly none. */
export function damageText(random: Random, text: string): string {
  const at = random.int(0, text.length);
  switch (random.weighted({ cut: 2, twice: 1, insert: 2, wrap: 1, raw: 1 })) {
    case 'cut':
      return text.slice(0, at);
    case 'twice':
      return text + text;
    case 'insert':
      return (
        text.slice(0, at) +
        random.pick(['"', '{', '}', ',', '\\u12', '\u0000', 'NaN', '//', "'"]) +
        text.slice(at)
      );
    case 'wrap':
      return `${'['.repeat(random.pick([1, 100, 50_000]))}${text}`;
    case 'raw':
      return random.pick(['', ' ', 'ping', '0', '"x"', 'null', '[]', '{}', '{"type":7}', '\ufeff{}']);
  }
}
