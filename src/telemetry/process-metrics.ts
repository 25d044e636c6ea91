import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { Metered } from './open-metrics.js';

/** Period of the timer that the event loop's delay is measured with: part of every reading. */
const LOOP_DELAY_RESOLUTION_MS = 10;
const LOOP_DELAY_QUANTILES = [0.5, 0.95, 0.99, 1];

/** What is to be known of the process itself. @returns what measures the event loop, to be disabled in the end */
export function processMetrics(registry: Metered): ReturnType<typeof monitorEventLoopDelay> {
  const registers = [registry];
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS });
  loopDelay.enable();
  new Gauge({
    name: 'visavis_event_loop_delay_seconds',
    aggregator: 'max',
    help: "Time between ticks of the resolution's timer on the main thread, since the last scrape.",
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const quantile of LOOP_DELAY_QUANTILES) {
        this.set({ quantile }, loopDelay.count > 0 ? loopDelay.percentile(quantile * 100) / 1e9 : 0);
      }
      loopDelay.reset();
    },
  });
  new Gauge({
    name: 'visavis_event_loop_delay_resolution_seconds',
    aggregator: 'first',
    help: 'What the event loop delay reads when the loop is idle.',
    registers,
  }).set(LOOP_DELAY_RESOLUTION_MS / 1000);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process with all its threads, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of this process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'nodejs_active_resources',
    help: 'What keeps the process alive, by type: timers, sockets, requests.',
    labelNames: ['type'],
    registers,
    collect() {
      this.reset();
      for (const type of process.getActiveResourcesInfo()) this.inc({ type });
    },
  });
  return loopDelay;
}
