import type { BoundaryConfig } from '../core/boundary-config.js';
import type { BoundaryEvent, BoundaryPredictor } from '../core/boundary.js';

const WINDOW_MS = 10;

/** Pushes probabilities as 10 ms windows from `fromMs` on. */
export function hear(predictor: BoundaryPredictor, probabilities: number[], fromMs = 0): BoundaryEvent[] {
  return probabilities.flatMap((p, i) => predictor.push(p, fromMs + (i + 1) * WINDOW_MS, WINDOW_MS));
}

export const times = (n: number, p: number): number[] => Array<number>(n).fill(p);
export const LOUD = 0.9;
export const BETWEEN = 0.4;
export const QUIET = 0.1;

export const CONFIG: Partial<BoundaryConfig> = {
  threshold: 0.5,
  hysteresis: 0.15,
  min_speech_ms: 30,
  tentative_pause_ms: 20,
  silence_duration_ms: 50,
};
