import { ToolError, wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { twoCores } from './media/cores.js';
import { Generator } from './media/generator.js';
import { callsByCost, type Limit } from './media/limits.js';
import { ramp, type Capacity, type RampOptions, type Step } from './media/ramp.js';
import { startAiortc, startFloor, startGateway, type Subject } from './media/subjects.js';
import { benchOptions } from './options.js';

/** What `--json` writes. */
interface MediaReport {
  /** With browsers, as far as these do as they are asked. */
  readonly callsPerCore: number;
  /** Of one core, with the most calls that were served. */
  readonly cpuPerCallPct: number;
  readonly byThread: Readonly<Record<string, number>>;
  readonly limit: Limit;
  /** What a full core would hold at that cost: tells where the machine has other work. */
  readonly callsByCost: number;
  /** With clients of our SDK, which send no more frames than are looked at. */
  readonly sdk: Part | null;
  /** Clients that send what they like. */
  readonly unshaped: Part | null;
  /** The model attends a frame a second of each call. */
  readonly withFrames: Part | null;
  readonly peers: readonly ({ readonly name: string } & Part)[];
  readonly runs: Readonly<Record<string, readonly Step[]>>;
}

interface Part {
  readonly callsPerCore: number;
  readonly cpuPerCallPct: number;
  readonly byThread: Readonly<Record<string, number>>;
  readonly limit: Limit;
  readonly callsByCost: number;
}

const RUNS = ['shaped', 'sdk', 'unshaped', 'withFrames', 'aiortc', 'udp'] as const;
type Run = (typeof RUNS)[number];

/** How many calls one core of the gateway holds, and what they cost it; the same packets to others. */
export async function mediaBench(args: string[]): Promise<void> {
  const values = benchOptions(args, {
    seconds: '10',
    from: '8',
    calls: '400',
    late: '100',
    runs: RUNS.join(','),
    node: '',
  });
  const seconds = wholeNumber('seconds', values.seconds);
  const firstCalls = wholeNumber('from', values.from);
  const mostCalls = wholeNumber('calls', values.calls);
  const mostLateMs = wholeNumber('late', values.late);
  const runs = values.runs.split(',').map((name): Run => {
    const run = RUNS.find((one) => one === name);
    if (!run) throw new ToolError(`--runs takes ${RUNS.join(',')}, not '${name}'`);
    return run;
  });
  const [core, other] = twoCores();
  const nodeFlags = values.node.split(' ').filter(Boolean);
  const found = new Map<Run, Capacity>();
  for (const run of runs) {
    console.log(run);
    const subject = await startSubject(run, core, nodeFlags);
    const generator = new Generator(other);
    try {
      const how = { subject, generator, seconds, firstCalls, mostCalls, mostLateMs, onStep: print };
      found.set(run, await ramp({ ...how, ...askedOf(run) }));
    } finally {
      generator.stop();
      await subject.stop();
    }
  }
  const report = reportOf(found);
  for (const [run, capacity] of found) {
    const { callsPerCore, limit, callsByCost: byCost } = partOf(capacity);
    console.log(`${run}: ${callsPerCore} calls a core (${limit}); by what a call costs ${byCost}`);
  }
  if (values.json) await writeJson(values.json, report);
}

function startSubject(run: Run, core: number, nodeFlags: readonly string[]): Promise<Subject> {
  switch (run) {
    case 'aiortc':
      return startAiortc(core);
    case 'udp':
      return startFloor(core);
    default:
      return startGateway(core, nodeFlags);
  }
}

function askedOf(run: Run): Pick<RampOptions, 'obeys' | 'moving'> {
  return {
    obeys: run === 'shaped' ? 'browser' : run === 'sdk' ? 'all' : 'nothing',
    moving: run === 'withFrames',
  };
}

function reportOf(found: ReadonlyMap<Run, Capacity>): MediaReport {
  const part = (run: Run): Part | null => {
    const capacity = found.get(run);
    return capacity ? partOf(capacity) : null;
  };
  const nothing: Part = {
    callsPerCore: 0,
    cpuPerCallPct: 0,
    byThread: {},
    limit: 'asked_for',
    callsByCost: 0,
  };
  const shaped = part('shaped') ?? nothing;
  return {
    ...shaped,
    sdk: part('sdk'),
    unshaped: part('unshaped'),
    withFrames: part('withFrames'),
    peers: (['aiortc', 'udp'] as const).flatMap((name) => {
      const capacity = part(name);
      return capacity ? [{ name, ...capacity }] : [];
    }),
    runs: Object.fromEntries([...found].map(([run, { steps }]) => [run, steps])),
  };
}

function partOf({ calls, limit, steps }: Capacity): Part {
  const step = steps.find((one) => one.calls === calls) ?? steps[0];
  const perCall = (pct: number) => Math.round((1000 * pct) / (step?.calls ?? 1)) / 1000;
  return {
    callsPerCore: calls,
    cpuPerCallPct: perCall(step?.cpuPct ?? 0),
    byThread: Object.fromEntries(
      Object.entries(step?.byThreadPct ?? {}).map(([name, pct]) => [name, perCall(pct)]),
    ),
    limit,
    callsByCost: step ? callsByCost(step) : 0,
  };
}

function print(step: Step): void {
  const { calls, cpuPct, byThreadPct, packetsPerS, lostPct, scoredPct, lateP99Ms, keyFramesPerCallS, limit } =
    step;
  const threads = Object.entries(byThreadPct)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([name, pct]) => `${name} ${(pct / calls).toFixed(2)}`)
    .join(', ');
  console.log(
    `  ${String(calls).padStart(3)} calls  ${cpuPct.toFixed(0).padStart(3)} % of the core, ${(cpuPct / calls).toFixed(2)} % a call (${threads})  ` +
      `${(packetsPerS / calls).toFixed(0)} packets/s, ${lostPct.toFixed(2)} % lost${scoredPct === null ? '' : `, ${scoredPct.toFixed(0)} % scored`}, ` +
      `${keyFramesPerCallS.toFixed(2)} key frames asked/s, ${lateP99Ms.toFixed(0)} ms late${limit ? `  → ${limit}` : ''}`,
  );
}
