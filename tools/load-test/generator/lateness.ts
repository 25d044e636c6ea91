import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Lateness } from './records.js';

const RESOLUTION_MS = 10;
const TICKS_PER_MS = 48;
/** 2^32: where RTP timestamps begin anew. */
const WRAP = 2 ** 32;

/** Measures how late this process is: a load test by a generator that has no time is one of the generator. */
export class LatenessWatch {
  readonly #loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  /** µs. */
  readonly #pacing = createHistogram();

  constructor() {
    this.#loop.enable();
  }

  /** @returns what is to be told of each audio packet of a stream, when it is sent */
  stream(): (rtpTimestamp: number) => void {
    const clock = new StreamClock();
    return (timestamp) => {
      const lateMs = clock.sent(timestamp, performance.now());
      this.#pacing.record(Math.max(1, Math.round(lateMs * 1000)));
    };
  }

  stop(): Lateness {
    this.#loop.disable();
    const loop = (ns: number) => (this.#loop.count > 0 ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
    const pacing = (us: number) => (this.#pacing.count > 0 ? us / 1000 : 0);
    return {
      loopP99Ms: loop(this.#loop.percentile(99)),
      loopMaxMs: loop(this.#loop.max),
      pacingP99Ms: pacing(this.#pacing.percentile(99)),
      pacingMaxMs: pacing(this.#pacing.max),
    };
  }
}

/** How late the packets of one stream are against the earliest of them: the stream's clock tells when each was due. */
export class StreamClock {
  #ticks = 0;
  #last: number | null = null;
  #earliestMs = Infinity;

  /** @returns ms */
  sent(rtpTimestamp: number, nowMs: number): number {
    this.#ticks += this.#last === null ? 0 : (rtpTimestamp - this.#last + WRAP) % WRAP;
    this.#last = rtpTimestamp;
    const offsetMs = nowMs - this.#ticks / TICKS_PER_MS;
    this.#earliestMs = Math.min(this.#earliestMs, offsetMs);
    return offsetMs - this.#earliestMs;
  }
}
