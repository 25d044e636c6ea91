/**
 * Several clients may take part in one call. Inside of it an event's id also says whose it is, so that the error which it
 * causes goes to that client alone, with the id that the client knows.
 */
export function tagId(seat: number, eventId: string | undefined): string {
  return `${seat}:${eventId ?? ''}`;
}

/** @returns null for what no client caused; `eventId` null: the client gave none */
export function untagId(tagged: string | null): { seat: number; eventId: string | null } | null {
  const at = tagged?.indexOf(':') ?? -1;
  if (tagged === null || at < 0) return null;
  return { seat: Number(tagged.slice(0, at)), eventId: tagged.slice(at + 1) || null };
}
