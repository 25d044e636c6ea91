import { VisavisError } from '#modules/contracts';

/** Names and units (ms) of OpenAI's `server_vad`, and four of our own. */
export interface BoundaryConfig {
  /** A window with at least this probability is speech. */
  readonly threshold: number;
  /** Audio before the start of speech that belongs to the turn. Not used here: the caller subtracts it from `startMs`. */
  readonly prefix_padding_ms: number;
  /** Silence that ends the speech. */
  readonly silence_duration_ms: number;
  /** Silence after which the speech may have ended. At or above `silence_duration_ms`: no tentative pauses. */
  readonly tentative_pause_ms: number;
  /** Speech that it takes to be a start; shorter blips are misfires. */
  readonly min_speech_ms: number;
  /** Speech after which it is told that this is no mere cough; 0: never told. */
  readonly established_speech_ms: number;
  /** A window below `threshold - hysteresis` is silence; in between, things stay as they are. */
  readonly hysteresis: number;
}

export const DEFAULT_BOUNDARY_CONFIG: BoundaryConfig = {
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  tentative_pause_ms: 100,
  min_speech_ms: 96,
  established_speech_ms: 0,
  hysteresis: 0.15,
};

/** @throws VisavisError `bad_request` for a value out of range */
export function checkedConfig(config: BoundaryConfig): BoundaryConfig {
  for (const name of ['threshold', 'hysteresis'] as const) {
    if (!(config[name] >= 0 && config[name] <= 1)) {
      throw new VisavisError('bad_request', `${name} must be between 0 and 1, is ${config[name]}`, name);
    }
  }
  const durations = [
    'prefix_padding_ms',
    'silence_duration_ms',
    'tentative_pause_ms',
    'min_speech_ms',
    'established_speech_ms',
  ] as const;
  for (const name of durations) {
    if (!(config[name] >= 0 && Number.isFinite(config[name]))) {
      throw new VisavisError('bad_request', `${name} must be 0 or more ms, is ${config[name]}`, name);
    }
  }
  return config;
}
