import type { Session, SessionPatch } from '@vis-a-vis/protocol';

/**
 * Whether a client has changed what its secret fixes.
 * @param fixed the session of the secret: the fields that it names are fixed, however deep
 * @param before the session as it stands
 * @param after the session as the client would have it
 * @returns the path of the first fixed field that is to have another value, or null
 */
export function fieldChanged(fixed: SessionPatch, before: Session, after: Session): string | null {
  return differsAt(fixed, before, after);
}

function differsAt(fixed: unknown, before: unknown, after: unknown): string | null {
  if (fixed === undefined || same(before, after)) return null;
  if (!isObject(fixed) || !isObject(before) || !isObject(after)) return '';
  for (const key of Object.keys(fixed)) {
    const at = differsAt(fixed[key], before[key], after[key]);
    if (at !== null) return at === '' ? key : `${key}.${at}`;
  }
  return null;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, n) => same(one, b[n]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
