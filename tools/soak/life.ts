import { Random } from './random.js';

/** What a caller does. Times are ms. */
export type Act =
  /** Asks aloud and listens to the answer. */
  | { readonly k: 'spoken'; readonly pick: number }
  /** Asks in writing. */
  | { readonly k: 'typed'; readonly pick: number }
  /** Shows a still picture in a message and asks about it, aloud or in writing. */
  | { readonly k: 'picture'; readonly pick: number; readonly aloud: boolean }
  /** Asks for a long answer, and asks something else aloud into it. */
  | { readonly k: 'barge_in'; readonly pick: number }
  /** Sends no sound for a while, and asks aloud at once after it. The sender's clock goes on. */
  | { readonly k: 'mute'; readonly forMs: number; readonly pick: number }
  /** The same with a clock that stands meanwhile, as that of a replaced track or a suspended page does. */
  | { readonly k: 'replace'; readonly forMs: number; readonly pick: number }
  /** Asks by push-to-talk. */
  | { readonly k: 'button'; readonly pick: number }
  | { readonly k: 'idle'; readonly forMs: number };

/** Every way in which a call comes to its end. */
export const LEAVINGS = [
  'hangup',
  'peer_close',
  'channel_close',
  'events_closed_other_stays',
  'mid_answer',
  'mid_burst',
  'mid_handshake',
  'before_ice',
  'killed',
  'network_lost',
  'network_back',
  'network_back_late',
  'reload',
  'post_aborted',
] as const;
export type Leaving = (typeof LEAVINGS)[number];

/** These never have a call: they leave while it is being made. */
export const NEVER_CONNECTED: ReadonlySet<Leaving> = new Set(['mid_handshake', 'before_ice', 'post_aborted']);
/** These go through a wire that can be cut. */
export const WIRED: ReadonlySet<Leaving> = new Set([
  'mid_handshake',
  'network_lost',
  'network_back',
  'network_back_late',
]);

/** One call from its offer to its end, decided beforehand. */
export interface Life {
  readonly n: number;
  readonly camera: boolean;
  /** Done one after the other, until the time is up. */
  readonly acts: readonly Act[];
  /** From the connection until it leaves; an act that has begun is finished. */
  readonly durationMs: number;
  readonly leaving: Leaving;
  /** Decides the moment within the way of leaving: 0 to 1. */
  readonly moment: number;
}

/** How often each way is taken. The ordinary ones come most. */
const LEAVING_WEIGHTS: Readonly<Record<Leaving, number>> = {
  hangup: 3,
  peer_close: 3,
  channel_close: 2,
  events_closed_other_stays: 1.5,
  mid_answer: 3,
  mid_burst: 1.5,
  mid_handshake: 1,
  before_ice: 1,
  killed: 2,
  network_lost: 1,
  network_back: 1.5,
  network_back_late: 0.5,
  reload: 2,
  post_aborted: 1,
};
const ACT_WEIGHTS = {
  spoken: 5,
  typed: 1.5,
  picture: 1,
  barge_in: 1.5,
  mute: 1,
  replace: 1,
  button: 1,
  idle: 1.5,
};

const CAMERA_SHARE = 0.45;
const SHORTEST_MS = 5000;
const LONGEST_MS = 120_000;
/** Above 1, short calls are more frequent than long ones on a logarithmic scale too: the mean is 21 s, so five callers at once make some 12 calls a minute. */
const SKEW = 2.4;
/** An act takes about this long (ms): so many are planned that they outlast the call. */
const SHORTEST_ACT_MS = 1000;
const PAUSE_MS = { mute: [300, 8000], replace: [900, 2600], idle: [500, 6000] } as const;
/** What is picked from is not known here: picks are large numbers, taken modulo. */
const PICKS = 2 ** 20;

/** The call of this number, the same for the same seed whatever became of the others. */
export function lifeOf(seed: number, n: number, ways: readonly Leaving[] = LEAVINGS): Life {
  const random = new Random(seed * 1_000_003 + n * 7919);
  // What is alike in numbers that follow each other is over after some draws.
  for (let i = 0; i < 4; i += 1) random.next();
  const leaving = random.weighted(weightsOf(ways));
  const camera = random.chance(CAMERA_SHARE);
  const durationMs = SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** (random.next() ** SKEW);
  return {
    n,
    camera,
    acts: actsOf(random, camera, durationMs),
    durationMs,
    leaving,
    moment: random.next(),
  };
}

/** A short call for a given way of leaving: at most one question, so that leaving is nearly all that happens. */
export function shortLife(seed: number, n: number, ways: readonly Leaving[] = LEAVINGS): Life {
  const random = new Random(seed * 1_000_003 + n * 7919);
  const leaving = ways[n % ways.length];
  if (leaving === undefined) throw new RangeError('there is no way of leaving');
  const camera = random.chance(CAMERA_SHARE);
  const acts: Act[] = random.chance(0.5) ? [{ k: 'typed', pick: random.below(PICKS) }] : [];
  return { n, camera, acts, durationMs: 0, leaving, moment: random.next() };
}

function weightsOf(ways: readonly Leaving[]): Record<Leaving, number> {
  const weights = { ...LEAVING_WEIGHTS };
  for (const leaving of LEAVINGS) if (!ways.includes(leaving)) weights[leaving] = 0;
  return weights;
}

function actsOf(random: Random, camera: boolean, durationMs: number): Act[] {
  // Pictures in messages come beside no camera, and once: what a question is about must be certain.
  const weights = { ...ACT_WEIGHTS, picture: camera ? 0 : ACT_WEIGHTS.picture };
  const acts: Act[] = [];
  // Every call that gets so far asks at least once.
  acts.push({ k: 'spoken', pick: random.below(PICKS) });
  while (acts.length < durationMs / SHORTEST_ACT_MS) {
    const act = actOf(random, random.weighted(weights));
    if (act.k === 'picture') weights.picture = 0;
    acts.push(act);
  }
  return acts;
}

function actOf(random: Random, k: Act['k']): Act {
  const pick = random.below(PICKS);
  switch (k) {
    case 'picture':
      return { k, pick, aloud: random.chance(0.5) };
    case 'mute':
    case 'replace':
      return { k, pick, forMs: pause(random, PAUSE_MS[k]) };
    case 'idle':
      return { k, forMs: pause(random, PAUSE_MS.idle) };
    case 'spoken':
    case 'typed':
    case 'barge_in':
    case 'button':
      return { k, pick };
  }
}

function pause(random: Random, [low, high]: readonly [number, number]): number {
  return Math.round(random.between(low, high));
}
