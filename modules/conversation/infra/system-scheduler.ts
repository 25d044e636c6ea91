import type { Scheduler } from '../core/ports.js';

/** The process's monotonic clock and its timers. A pending timer does not keep the process alive. */
export class SystemScheduler implements Scheduler {
  nowMs(): number {
    return performance.now();
  }

  at(atMs: number, call: () => void): () => void {
    const timer = setTimeout(call, Math.max(0, Math.ceil(atMs - this.nowMs())));
    timer.unref();
    return () => clearTimeout(timer);
  }
}
