import type { GatewayProcess } from '../support/gateway-process.js';
import { SCENE_QUESTIONS } from '../support/scene.js';
import { generate } from './generator/fleet.js';
import type { Progress } from './generator/generator.js';
import type { Target } from './generator/offer.js';
import { bottleneck } from './report/bottleneck.js';
import { evaluate } from './report/evaluate.js';
import { reportSchema, type LoadReport } from './report/report.js';
import { lives } from './scenario/life.js';
import type { Scenario } from './scenario/scenario.js';
import { ServerProbe } from './server-probe.js';

export interface LoadOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  /** Where the tool has started the server; its processor time is then read from /proc. */
  readonly gateway: GatewayProcess | null;
  readonly onProgress: (progress: Progress, elapsedMs: number) => void;
}

/** The generator measured itself: what it saw is not the server's. */
export class LateGenerator extends Error {
  override readonly name = 'LateGenerator';
}

/**
 * Runs a scenario.
 * @returns the report, checked against its schema
 * @throws LateGenerator
 */
export async function loadTest({ scenario, target, gateway, onProgress }: LoadOptions): Promise<LoadReport> {
  const planned = lives(scenario, SCENE_QUESTIONS.length);
  let startedAtMs = performance.now();
  let startedAt = new Date();
  let probe: ServerProbe | null = null;
  const generated = await generate({
    scenario,
    target,
    lives: planned,
    onStart: (atMs) => {
      startedAtMs = atMs;
      startedAt = new Date();
      probe = new ServerProbe(gateway ? { pid: gateway.pid } : { target }, atMs);
    },
    onProgress: (progress) => onProgress(progress, performance.now() - startedAtMs),
  }).finally(() => probe?.stop());
  const late = bottleneck(generated.lateness, scenario.generator);
  if (late !== null) throw new LateGenerator(late);
  return reportSchema.parse(
    evaluate({
      scenario,
      target: target.url,
      startedAt,
      durationMs: performance.now() - startedAtMs,
      planned: planned.length,
      generated,
      processes: Math.min(scenario.processes, scenario.maxCalls),
      server: probe,
    }),
  );
}
