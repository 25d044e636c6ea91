import type { Lateness } from '../generator/records.js';
import type { Scenario } from '../scenario/scenario.js';

/** In words, where the generator was too late to be believed; null: it was not. */
export function bottleneck(lateness: Lateness, limits: Scenario['generator']): string | null {
  const late = [
    { what: 'its event loop', p99Ms: lateness.loopP99Ms, limitMs: limits.loopP99Ms },
    { what: 'its audio packets', p99Ms: lateness.pacingP99Ms, limitMs: limits.pacingP99Ms },
  ].filter(({ p99Ms, limitMs }) => p99Ms > limitMs);
  if (late.length === 0) return null;
  const told = late.map(
    ({ what, p99Ms, limitMs }) => `${what} by ${p99Ms.toFixed(1)} ms (p99; at most ${limitMs})`,
  );
  return `the generator was late: ${told.join(', ')}`;
}
