import type { Thresholds } from '../scenario/scenario.js';
import type { LoadReport } from './report.js';

type Unjudged = Omit<LoadReport, 'thresholds' | 'held'>;

interface Rule {
  readonly value: (report: Unjudged) => number | null;
  readonly bound: 'most' | 'least';
}

const most = (value: Rule['value']): Rule => ({ value, bound: 'most' });
const least = (value: Rule['value']): Rule => ({ value, bound: 'least' });

const RULES: Readonly<Record<keyof Thresholds, Rule>> = {
  minTurns: least(({ turns }) => turns.asked),
  maxFailedCallShare: most(({ calls }) => share(calls.failed, calls.begun)),
  maxFailedTurnShare: most(({ turns }) => share(turns.failed, turns.asked)),
  minRightShare: least(({ turns }) => share(turns.right, turns.right + turns.wrong)),
  maxConnectP95Ms: most(({ stages }) => stages.connect.p95),
  maxAddedP50Ms: most(({ stages }) => stages.added.p50),
  maxAddedP95Ms: most(({ stages }) => stages.added.p95),
  maxFirstTextP95Ms: most(({ stages }) => stages.firstText.p95),
  maxCutOffShare: most(({ delays, turns }) =>
    share(
      delays.reduce((sum, { cutOffs }) => sum + cutOffs, 0),
      turns.asked,
    ),
  ),
  maxSkippedCalls: most(({ calls }) => calls.skipped),
  minHeldCalls: least((report) => report.heldCalls),
  minCallsPerCore: least(({ server }) => server?.callsPerCore ?? null),
  maxServerRssMb: most(({ server }) => server?.rssMaxMb ?? null),
};

/** Each threshold that a scenario has against what was measured. What could not be measured is not held. */
export function judged(report: Unjudged, thresholds: Thresholds): LoadReport['thresholds'] {
  return (Object.keys(RULES) as (keyof Thresholds)[]).flatMap((name) => {
    const limit = thresholds[name];
    if (limit === undefined) return [];
    const { value: of, bound } = RULES[name];
    const value = of(report);
    const held = value !== null && (bound === 'most' ? value <= limit : value >= limit);
    return [{ name, limit, value, held }];
  });
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
