import { YAMNET } from './features.js';

/** AudioSet's classes, as YAMNet numbers them: the first and the last of a run. */
type Run = readonly [number, number];

/** Speech, of children and of machines, shouted and whispered. */
const SPEECH: readonly Run[] = [
  [0, 7],
  [9, 10],
  [12, 12],
];
/** Laughter, song, humming, breath, coughs, crowds, animals and music. */
const OTHER: readonly Run[] = [
  [13, 66],
  [67, 131],
  [132, 276],
];
/** A score of so much is speech for sure, where nothing else is heard. */
const SURE = 0.5;
/** Windows of a sound that are listened to. */
const MOST_WINDOWS = 8;

/** Where windows of YAMNet's length begin in a sound of this many samples; before the sound it is silent. */
export function windowStarts(samples: number): number[] {
  const last = samples - YAMNET.samples;
  const count = Math.min(MOST_WINDOWS, Math.max(1, Math.ceil(last / (YAMNET.samples / 2)) + 1));
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? last : Math.round((Math.max(0, last) * i) / (count - 1)),
  );
}

/**
 * The probability that there is speech in a sound, by the window in which it is clearest.
 * @param windows YAMNet's scores of each: one a class
 */
export function speechIn(windows: readonly Float32Array[]): number {
  return Math.max(
    0,
    ...windows.map((scores) => {
      const [speech, other] = [highest(scores, SPEECH), highest(scores, OTHER)];
      return (Math.min(1, speech / SURE) * speech) / (speech + other + 1e-9);
    }),
  );
}

function highest(scores: Float32Array, runs: readonly Run[]): number {
  return Math.max(...runs.flatMap(([first, last]) => [...scores.subarray(first, last + 1)]));
}
