import { MAX_DEPTH } from './limits.js';

/** Why a text cannot be read. */
export interface JsonProblem {
  readonly code: 'invalid_json' | 'invalid_event';
  readonly message: string;
}

export type ReadJson =
  | { readonly ok: true; readonly value: unknown }
  /** `value`: what is nested too deep, whose own fields alone may be looked at; undefined where the text is no JSON. */
  | { readonly ok: false; readonly problem: JsonProblem; readonly value: unknown };

/**
 * Reads what a client sent, by whichever way. Whatever walks it later does so by recursion (the schemas, `JSON.stringify`), so
 * that how deep it is nested is bounded here, before anything else looks at it. Never throws.
 * @param what it is, for the message
 */
export function readJson(text: string, what = 'The message'): ReadJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON's own message: it quotes the text, where a key may have been put by mistake.
    const problem = { code: 'invalid_json', message: `${what} is not valid JSON.` } as const;
    return { ok: false, problem, value: undefined };
  }
  if (!isDeeper(value, MAX_DEPTH)) return { ok: true, value };
  const message = `${what} is nested deeper than ${MAX_DEPTH} levels.`;
  return { ok: false, problem: { code: 'invalid_event', message }, value };
}

/** Level by level, without recursion. */
function isDeeper(value: unknown, most: number): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; depth < most && level.length > 0; depth += 1) {
    level = level.flatMap((one) => Object.values(one).filter(isNested));
  }
  return level.length > 0;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
