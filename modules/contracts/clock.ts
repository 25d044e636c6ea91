/** Monotonic milliseconds. Logic never reads one: the edge passes `nowMs()` in. */
export interface Clock {
  nowMs(): number;
}

/** Random ids (`item_…`, `resp_…`, `event_…`), as an argument so that tests are deterministic. */
export interface IdSource {
  next(prefix: string): string;
}
