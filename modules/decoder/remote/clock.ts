import type { RemoteClock } from './options.js';

/** The process's own time. Its timers keep nothing alive. */
export const systemClock: RemoteClock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};
