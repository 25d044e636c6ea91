import type { Arrival } from './scenario.js';

const MINUTE_MS = 60_000;

/**
 * When calls begin (ms from the start), in order.
 * @param durationMs none begins at or after it
 */
export function arrivals(arrival: Arrival, durationMs: number): number[] {
  switch (arrival.kind) {
    case 'steady':
      return ramp({ from: arrival.callsPerMinute, to: arrival.callsPerMinute }, durationMs);
    case 'ramp':
      return ramp({ from: arrival.fromPerMinute, to: arrival.toPerMinute }, durationMs);
    case 'burst': {
      const bursts = Math.ceil(durationMs / (arrival.everyS * 1000));
      return Array.from({ length: bursts }, (_, burst) =>
        Array.from({ length: arrival.calls }, () => burst * arrival.everyS * 1000),
      ).flat();
    }
  }
}

/** The rate (calls a minute) goes evenly from one to the other: call n comes where the integral of the rate is n. */
function ramp(rates: { from: number; to: number }, durationMs: number): number[] {
  const from = rates.from / MINUTE_MS;
  const slope = (rates.to / MINUTE_MS - from) / durationMs;
  // Without the half, rounding would decide whether there is one more call at the very end.
  const count = Math.floor(from * durationMs + (slope * durationMs ** 2) / 2 + 0.5);
  return Array.from({ length: count }, (_, n) =>
    slope === 0 ? n / from : (Math.sqrt(from ** 2 + 2 * slope * n) - from) / slope,
  );
}
