import type { NoiseKind } from '../../sounds/noises.js';
import { Random } from '../../soak/random.js';
import type { Scenario } from './scenario.js';
import { arrivals } from './schedule.js';

export interface Noise {
  readonly kind: NoiseKind;
  readonly snrDb: number;
}

/** One question of a call. */
export interface PlannedTurn {
  /** Number of the question; as large as there are: the one with the longest answer, which is there to be interrupted. */
  readonly question: number;
  /** Silence before it. */
  readonly gapMs: number;
  /** Of the pause in its middle; 0: there is none. */
  readonly pauseMs: number;
  /** The next question is begun so long after the first text of this one's answer; null: when it is whole. */
  readonly interruptedAfterMs: number | null;
}

/** All that a caller is going to do. */
export interface Life {
  /** Number of the call. */
  readonly n: number;
  /** When it begins, from the start of the run. */
  readonly atMs: number;
  readonly endpointDelayMs: number;
  readonly noise: Noise | null;
  readonly turns: readonly PlannedTurn[];
}

/** A scenario's calls. Each is drawn from the seed and its own number, so that none depends on another. @param questions how many there are */
export function lives(scenario: Scenario, questions: number): Life[] {
  return arrivals(scenario.arrival, scenario.durationS * 1000).map((atMs, n) => ({
    n,
    atMs,
    ...drawn(scenario.call, questions, new Random(Math.imul(scenario.seed, 0x9e3779b1) + n)),
  }));
}

function drawn(call: Scenario['call'], questions: number, random: Random): Omit<Life, 'n' | 'atMs'> {
  const of = <T>(items: readonly T[]) => picked(items, random.below(items.length));
  const count = call.turns[0] + random.below(call.turns[1] - call.turns[0] + 1);
  const { noise, pause, bargeIn } = call;
  const endpointDelayMs = of(call.endpointDelaysMs);
  const noisy = noise && random.chance(noise.share);
  return {
    endpointDelayMs,
    noise: noisy ? { kind: of(noise.kinds), snrDb: of(noise.snrDb) } : null,
    turns: Array.from({ length: count }, (_, at) => {
      const question = random.below(questions);
      const gapMs = random.between(...call.gapMs);
      const pauseMs = pause && random.chance(pause.share) ? of(pause.ms) : 0;
      // Nobody is there to interrupt the last one.
      const interrupted = bargeIn && random.chance(bargeIn.share) && at < count - 1;
      return interrupted
        ? { question: questions, gapMs, pauseMs, interruptedAfterMs: bargeIn.afterMs }
        : { question, gapMs, pauseMs, interruptedAfterMs: null };
    }),
  };
}

/** The schema has checked that there is one. */
function picked<T>(items: readonly T[], at: number): T {
  const item = items[at];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
}
