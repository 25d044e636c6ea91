export interface FrameOptions {
  /** Least time (ms) between two frames. */
  readonly intervalMs: number;
  /** See `DuplicateLimits.local`. */
  readonly duplicateThreshold?: number;
  /** A picture that has not changed for this long (ms) is kept again. Default: never. */
  readonly maxDuplicateRunMs?: number;
}

export interface FrameSize {
  readonly width: number;
  readonly height: number;
  /** Pictures of another aspect ratio keep theirs, between black bars. Default false: they are squashed. */
  readonly keepsRatio?: boolean;
}
