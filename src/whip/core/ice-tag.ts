/** The strong entity tag (RFC 9110, 8.8.3) of an ICE session: our user fragment, which is another one after each restart. */
export function iceTag(ufrag: string): string {
  return `"${ufrag}"`;
}

/** What a request asks of the ICE session that it is about (RFC 9725, 4.3.1). */
export type Precondition = 'missing' | 'any' | readonly string[];

/**
 * Reads `If-Match`. Weak tags match nothing, because the comparison is the strong one.
 * @param ifMatch the header, or where a client names it so (Eyevinn's does), that of `ETag`
 */
export function readPrecondition(ifMatch: string | undefined): Precondition {
  const value = ifMatch?.trim() ?? '';
  if (value === '') return 'missing';
  if (value === '*') return 'any';
  return value.match(/(?:W\/)?"[^"]*"/g) ?? [];
}
