import { ToolError } from '../tools/support/cli.js';

/**
 * Delay of an event loop (ms) by perf_hooks: the time between ticks of a timer of `resolution` ms, that time included. What
 * an idle loop reads is `resolution`, so these figures are by that much larger than the lateness itself.
 */
export interface LoopDelay {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly resolution: number;
}

/**
 * Takes the delay since the last scrape out of the gateway's metrics.
 * @throws ToolError where it is not there
 */
export function readLoopDelay(metrics: string): LoopDelay {
  return {
    p50: quantile(metrics, '0.5'),
    p95: quantile(metrics, '0.95'),
    p99: quantile(metrics, '0.99'),
    max: quantile(metrics, '1'),
    resolution: readMs(metrics, 'visavis_event_loop_delay_resolution_seconds'),
  };
}

function quantile(metrics: string, name: string): number {
  return readMs(metrics, `visavis_event_loop_delay_seconds{quantile="${name}"}`);
}

function readMs(metrics: string, name: string): number {
  const line = metrics.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  const seconds = Number(line?.slice(name.length + 1));
  if (Number.isFinite(seconds)) return Math.round(seconds * 1e6) / 1000;
  throw new ToolError(`the gateway's metrics have no ${name}`);
}
