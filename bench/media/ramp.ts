import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, overflown } from './cores.js';
import type { Generator } from './generator.js';
import { failedWithRoom, limitOf, nextCalls, type Limit } from './limits.js';
import type { Obedience, Shape } from './shape.js';
import type { Subject } from './subjects.js';

export interface RampOptions {
  readonly subject: Subject;
  readonly generator: Generator;
  readonly obeys: Obedience;
  readonly moving: boolean;
  /** How long each number of calls is watched (s). */
  readonly seconds: number;
  readonly firstCalls: number;
  readonly mostCalls: number;
  /** By how much the callers may be late (ms, 99 of 100 times). */
  readonly mostLateMs: number;
  /** Is told each step. */
  readonly onStep: (step: Step) => void;
}

/** One number of calls, watched for a while. */
export interface Step {
  readonly calls: number;
  /** Of one core. */
  readonly cpuPct: number;
  readonly byThreadPct: Readonly<Record<string, number>>;
  readonly packetsPerS: number;
  readonly lostPct: number;
  /** Of the windows of sound that came, so many were scored; null: none are, or silence is, which need not be. */
  readonly scoredPct: number | null;
  readonly lateP99Ms: number;
  readonly keyFramesPerCallS: number;
  readonly shape: Shape | null;
  readonly limit: Limit | null;
}

export interface Capacity {
  /** The most that were served. */
  readonly calls: number;
  readonly limit: Limit;
  readonly steps: readonly Step[];
}

/** The first calls compile what the others find ready, and buffers fill. */
const SETTLE_MS = 4000;
/** Where other work of the machine may have been what failed. */
const TRIES = 2;
/** Silero v6 looks at 32 ms at a time. */
const WINDOWS_PER_S = 1000 / 32;

/** Raises the number of calls until something fails. */
export async function ramp(options: RampOptions): Promise<Capacity> {
  const { generator, mostCalls, onStep } = options;
  const steps: Step[] = [];
  try {
    for (;;) {
      const calls = Math.min(mostCalls, nextCalls(steps, options.firstCalls));
      let step = await watch(options, calls);
      onStep(step);
      for (let again = 0; again < TRIES && failedWithRoom(step); again += 1) {
        step = await watch(options, calls);
        onStep(step);
      }
      steps.push(step);
      if (step.limit !== null || calls >= mostCalls) {
        const served = steps.filter(({ limit }) => limit === null).map((one) => one.calls);
        return { calls: Math.max(0, ...served), limit: step.limit ?? 'asked_for', steps };
      }
    }
  } finally {
    await generator.order({ do: 'close' });
  }
}

async function watch(
  { subject, generator, obeys, moving, seconds, mostLateMs }: RampOptions,
  calls: number,
): Promise<Step> {
  const { url, bare, pid } = subject;
  await generator.order({ do: 'open', calls, url, bare, obeys, moving });
  await sleep(SETTLE_MS);
  const at = async () => ({
    told: await generator.order({ do: 'tell' }),
    cpu: cpuSeconds(pid),
    lost: overflown(),
    windows: await subject.windows(),
    atMs: performance.now(),
  });
  const before = await at();
  await sleep(seconds * 1000);
  const after = await at();
  const s = (after.atMs - before.atMs) / 1000;
  const byThreadPct: Record<string, number> = {};
  for (const [name, total] of after.cpu) {
    const pct = (100 * (total - (before.cpu.get(name) ?? 0))) / s;
    if (pct > 0) byThreadPct[name] = pct;
  }
  const sent = after.told.sent - before.told.sent;
  const measured = {
    calls,
    cpuPct: Object.values(byThreadPct).reduce((sum, pct) => sum + pct, 0),
    byThreadPct,
    packetsPerS: sent / s,
    lostPct: sent > 0 ? (100 * (after.lost - before.lost)) / sent : 0,
    scoredPct:
      after.windows === null || before.windows === null || after.told.shape?.dtx === true
        ? null
        : (100 * (after.windows - before.windows)) / (calls * WINDOWS_PER_S * s),
    lateP99Ms: after.told.lateP99Ms,
    keyFramesPerCallS: (after.told.keyFramesAsked - before.told.keyFramesAsked) / calls / s,
    shape: after.told.shape,
  };
  return { ...measured, limit: limitOf(measured, mostLateMs) };
}
