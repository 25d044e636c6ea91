import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** How work waits that has to. */
export interface Pause {
  sleep(ms: number): Promise<void>;
  /** Others have their turn. */
  turn(): Promise<void>;
}

/** By the process's own timers. */
export const realPause: Pause = {
  sleep: (ms) => sleep(ms),
  turn: () => turn(),
};
