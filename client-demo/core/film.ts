import type { StringKey } from '../text/strings.js';
import type { Params } from '../text/language.js';

/** A picture that the model took in. */
export interface Frame {
  readonly itemId: string;
  /** Time of the picture on the call's media clock (ms). */
  readonly rtpMs: number;
}

export interface Film {
  readonly frames: readonly Frame[];
  /** Of the answer, and not in this page any more. */
  readonly missing: number;
}

/**
 * The pictures that an answer had before it, oldest first.
 * @param receipt what the gateway says that it had
 * @param held ids of those that the page still has a picture of
 */
export function filmOf(receipt: readonly Frame[], held: ReadonlySet<string>): Film {
  const frames = receipt
    .filter(({ itemId }) => held.has(itemId))
    .toSorted((one, other) => one.rtpMs - other.rtpMs);
  return { frames, missing: receipt.length - frames.length };
}

/** The picture that was taken closest to an instant. */
export function nearest<T extends { readonly atMs: number }>(kept: readonly T[], atMs: number): T | null {
  let best: T | null = null;
  for (const one of kept) {
    if (best === null || Math.abs(one.atMs - atMs) < Math.abs(best.atMs - atMs)) best = one;
  }
  return best;
}

/** What a time of a picture is told by: when the person stopped to speak, or asked in writing; null: how long the call has lasted. */
export type Reference = { readonly kind: 'stopped' | 'asked'; readonly atMs: number } | null;

const SAID: Readonly<Record<'stopped' | 'asked', readonly [before: StringKey, after: StringKey]>> = {
  stopped: ['film.before', 'film.after'],
  asked: ['film.beforeAsked', 'film.afterAsked'],
};

/** When a picture was taken, in words. */
export function whenOf(
  rtpMs: number,
  reference: Reference,
): { readonly key: StringKey; readonly params: Params } {
  const seconds = (ms: number): Params => ({ s: (Math.abs(ms) / 1000).toFixed(1) });
  if (reference === null) return { key: 'film.at', params: seconds(Math.max(0, rtpMs)) };
  const beforeMs = reference.atMs - rtpMs;
  const [before, after] = SAID[reference.kind];
  return { key: beforeMs >= 0 ? before : after, params: seconds(beforeMs) };
}
