/** Instants on the gateway's clock (ms); null: it has not happened. */
export interface QuietSince {
  /** The last answer ended; null also where that answer was itself led to by a timeout, so that an empty room is asked once. */
  readonly answeredAtMs: number | null;
  /** The client has read the last answer aloud. */
  readonly readAtMs: number;
  /** The user spoke last. */
  readonly spokeAtMs: number;
}

/** From when silence counts: from the end of the answer, its reading and any speech on; null: it does not count. */
export function quietFromMs({ answeredAtMs, readAtMs, spokeAtMs }: QuietSince): number | null {
  return answeredAtMs === null ? null : Math.max(answeredAtMs, readAtMs, spokeAtMs);
}
