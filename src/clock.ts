import type { Clock } from '#modules/contracts';

/** The process' own clock: monotonic, so no one's setting of the time moves a turn. */
export const monotonicClock: Clock = { nowMs: () => performance.now() };
