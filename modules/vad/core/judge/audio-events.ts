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
 * @param scores YAMNet's, [windows, classes]
 */
export function speechIn(scores: Float32Array, classes: number): number {
  let best = 0;
  for (let from = 0; from < scores.length; from += classes) {
    const speech = highest(scores, from, SPEECH);
    const other = highest(scores, from, OTHER);
    best = Math.max(best, (Math.min(1, speech / SURE) * speech) / (speech + other + 1e-9));
  }
  return best;
}

function highest(scores: Float32Array, from: number, runs: readonly Run[]): number {
  let best = 0;
  for (const [first, last] of runs) {
    for (let i = first; i <= last; i++) best = Math.max(best, scores[from + i] ?? 0);
  }
  return best;
}
