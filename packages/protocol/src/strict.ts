import type { z } from 'zod';

/** Why a value is not what it should be, in the words of the wire. `param`: its path from the root, such as `item.content[0].text`. */
export interface Problem {
  readonly code: 'unknown_parameter' | 'invalid_event' | 'invalid_json';
  readonly message: string;
  readonly param: string | null;
}

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/**
 * Reads a value by a strict schema. A field that the schema does not know is named, unless it is null: typed clients send
 * nulls for whatever they know and do not use. So a null that is no value of its field is a field that is left out, too.
 * @param root what the paths in the problem begin with
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, root = ''): Checked<z.infer<S>> {
  let candidate = value;
  for (;;) {
    const parsed = schema.safeParse(candidate);
    if (parsed.success) return { ok: true, value: parsed.data };
    const unknown = flatIssues(parsed.error.issues);
    const nulls = [...unknown, ...parsed.error.issues].filter(({ path }) => isNullField(candidate, path));
    if (nulls.length === 0) return { ok: false, problem: problemOf(parsed.error.issues, unknown, root) };
    candidate = without(
      candidate,
      nulls.map(({ path }) => path),
    );
  }
}

type Path = readonly PropertyKey[];

/** Every unknown field, each with its path. */
function flatIssues(issues: readonly z.core.$ZodIssue[]): { readonly path: Path }[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ path: [...issue.path, key] })) : [],
  );
}

function problemOf(
  issues: readonly z.core.$ZodIssue[],
  unknown: readonly { readonly path: Path }[],
  root: string,
): Problem {
  const name = (path: Path) => pathName([...(root ? [root] : []), ...path]);
  const other = issues.find(({ code }) => code !== 'unrecognized_keys');
  const [first] = unknown;
  if (first && !other) {
    const param = name(first.path);
    return { code: 'unknown_parameter', message: `Unknown parameter: '${param}'.`, param };
  }
  const param = name(other?.path ?? []);
  const what = other?.message ?? 'invalid';
  return { code: 'invalid_event', message: param === null ? what : `${param}: ${what}`, param };
}

/** @returns null of the root itself */
export function pathName(path: Path): string | null {
  const name = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return name.replace(/^\./, '') || null;
}

/** Of a list nothing can be left out. */
function isNullField(value: unknown, path: Path): boolean {
  return at(value, path) === null && !Array.isArray(at(value, path.slice(0, -1)));
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/**
 * A copy without these fields: each object on the way to one is copied once, since a client says how many fields there are, and
 * how deep they lie.
 */
function without(value: unknown, paths: readonly Path[]): unknown {
  const copies = new Set<object>();
  const own = (inner: object): object => {
    if (copies.has(inner)) return inner;
    const copy = Array.isArray(inner) ? [...(inner as unknown[])] : { ...inner };
    copies.add(copy);
    return copy;
  };
  if (typeof value !== 'object' || value === null) return value;
  const whole = own(value);
  for (const path of paths) {
    let holder: object | null = whole;
    for (const key of path.slice(0, -1)) {
      const inner: unknown = Reflect.get(holder, key);
      if (typeof inner !== 'object' || inner === null) {
        holder = null;
        break;
      }
      const copy: object = own(inner);
      // Not by assignment: a client may name a field `__proto__`.
      Reflect.defineProperty(holder, key, {
        value: copy,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      holder = copy;
    }
    const key = path.at(-1);
    if (holder !== null && key !== undefined) Reflect.deleteProperty(holder, key);
  }
  return whole;
}
