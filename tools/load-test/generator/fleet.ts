import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ToolError } from '../../support/cli.js';
import type { Life } from '../scenario/life.js';
import type { Scenario } from '../scenario/scenario.js';
import { addCounts, Generator, type Generated, type Order, type Progress } from './generator.js';
import type { Target } from './offer.js';

export type FleetMessage =
  { readonly kind: 'order'; readonly order: Order } | { readonly kind: 'go'; readonly atEpochMs: number };

export type GeneratorMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly generated: Generated };

/** All generators begin at the same moment: the message that says so has reached them by then (ms). */
const HEAD_START_MS = 200;
const PROGRESS_MS = 500;

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly lives: readonly Life[];
  /** Everything is encoded: calls begin at this time (`performance.now()`). */
  readonly onStart: (startedAtMs: number) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Holds all calls, in this process where one is enough. @throws ToolError where a generator dies */
export async function generate(options: FleetOptions): Promise<Generated> {
  const orders = ordersOf(options);
  const [only] = orders;
  if (orders.length === 1 && only) return alone(only, options);
  const latest = new Map<number, Progress>();
  const fleet = orders.map(
    (order, at) =>
      new ForkedGenerator(order, (progress) => {
        latest.set(at, progress);
        options.onProgress(addProgress([...latest.values()]));
      }),
  );
  try {
    await Promise.all(fleet.map(({ ready }) => ready));
    const atEpochMs = Date.now() + HEAD_START_MS;
    options.onStart(performance.now() + HEAD_START_MS);
    return addGenerated(await Promise.all(fleet.map((one) => one.run(atEpochMs))));
  } finally {
    for (const one of fleet) one.stop();
  }
}

/** Calls are dealt out in turn, and the most at once as evenly as they go. */
export function ordersOf({
  scenario,
  target,
  lives,
}: Pick<FleetOptions, 'scenario' | 'target' | 'lives'>): Order[] {
  const processes = Math.min(scenario.processes, scenario.maxCalls);
  return Array.from({ length: processes }, (_, at) => ({
    scenario,
    target,
    lives: lives.filter(({ n }) => n % processes === at),
    maxCalls: Math.floor((scenario.maxCalls + at) / processes),
  }));
}

async function alone(order: Order, { onStart, onProgress }: FleetOptions): Promise<Generated> {
  const generator = await Generator.prepare(order);
  const startedAtMs = performance.now();
  onStart(startedAtMs);
  const timer = setInterval(() => onProgress(generator.progress), PROGRESS_MS);
  try {
    return await generator.run(startedAtMs);
  } finally {
    clearInterval(timer);
  }
}

class ForkedGenerator {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #done: Promise<Generated>;

  constructor(order: Order, onProgress: (progress: Progress) => void) {
    const ready = Promise.withResolvers<void>();
    const done = Promise.withResolvers<Generated>();
    this.ready = ready.promise;
    this.#done = done.promise;
    done.promise.catch(() => undefined);
    this.#child = fork(fileURLToPath(new URL('process.js', import.meta.url)), { serialization: 'advanced' });
    this.#child.on('message', (message) => {
      const told = message as GeneratorMessage;
      if (told.kind === 'ready') ready.resolve();
      else if (told.kind === 'progress') onProgress(told.progress);
      else done.resolve(told.generated);
    });
    this.#child.on('exit', (code, signal) => {
      const death = new ToolError(`a generator ended with ${signal ?? code}`);
      ready.reject(death);
      done.reject(death);
    });
    this.#tell({ kind: 'order', order });
  }

  run(atEpochMs: number): Promise<Generated> {
    this.#tell({ kind: 'go', atEpochMs });
    return this.#done;
  }

  stop(): void {
    this.#child.kill();
  }

  #tell(message: FleetMessage): void {
    this.#child.send(message);
  }
}

/** As late as the latest of them. */
export function addGenerated(all: readonly Generated[]): Generated {
  const worst = (of: (lateness: Generated['lateness']) => number) =>
    Math.max(...all.map(({ lateness }) => of(lateness)));
  const networks = all.map(({ network }) => network).filter((network) => network !== null);
  return {
    calls: all.flatMap(({ calls }) => calls),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
    lateness: {
      loopP99Ms: worst(({ loopP99Ms }) => loopP99Ms),
      loopMaxMs: worst(({ loopMaxMs }) => loopMaxMs),
      pacingP99Ms: worst(({ pacingP99Ms }) => pacingP99Ms),
      pacingMaxMs: worst(({ pacingMaxMs }) => pacingMaxMs),
    },
    network:
      networks.length === 0
        ? null
        : { up: addCounts(networks.map(({ up }) => up)), down: addCounts(networks.map(({ down }) => down)) },
  };
}

function addProgress(all: readonly Progress[]): Progress {
  const sum = (of: (progress: Progress) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    begun: sum(({ begun }) => begun),
    open: sum(({ open }) => open),
    skipped: sum(({ skipped }) => skipped),
    failedCalls: sum(({ failedCalls }) => failedCalls),
    turns: sum(({ turns }) => turns),
    failedTurns: sum(({ failedTurns }) => failedTurns),
    wrong: sum(({ wrong }) => wrong),
    firstTextMs: all.flatMap(({ firstTextMs }) => firstTextMs),
  };
}
