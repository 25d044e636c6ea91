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

/** Length of an Opus packet: the last sound of an utterance leaves the client when its packet is whole. */
const PACKET_MS = 20;
/**
 * How much later than the true end of speech its end is known, beyond the silence asked for: medians over two clips, three
 * noise levels and six alignments to the windows (test/contract/vad-lag.test.ts), packetisation included. By the length
 * of a model's windows, which tells Silero v6 (32 ms) from the legacy model (96 ms).
 */
const END_LAG_MS = { v6: PACKET_MS + 20, legacy: PACKET_MS + 190 } as const;
const LONGEST_V6_WINDOW_MS = 32;

/**
 * The silence (ms) to detect so that the end of speech is known `wishedMs` after the true end: what packets and detector
 * are late by is taken out. At least one window.
 */
export function detectedSilenceMs(wishedMs: number, windowMs: number): number {
  const lagMs = windowMs > LONGEST_V6_WINDOW_MS ? END_LAG_MS.legacy : END_LAG_MS.v6;
  return Math.max(windowMs, wishedMs - lagMs);
}

/** `atMs` is the media time up to which audio had been heard when the event was known. */
export type BoundaryEvent =
  /** `min_speech_ms` of speech were heard; it began at `startMs`. */
  | { readonly t: 'speech_start'; readonly atMs: number; readonly startMs: number }
  /** `established_speech_ms` of speech were heard since the start, pauses not counted; once for each start. */
  | { readonly t: 'speech_established'; readonly atMs: number }
  /** Quiet since `speechEndMs`: a `resume` or a `speech_end` follows. */
  | { readonly t: 'tentative_pause'; readonly atMs: number; readonly speechEndMs: number }
  /** Speech again after a tentative pause. */
  | { readonly t: 'resume'; readonly atMs: number }
  | { readonly t: 'speech_end'; readonly atMs: number; readonly speechEndMs: number }
  /** Sound from `startMs` on that was too short for a start: no `speech_start` was or will be sent for it. */
  | { readonly t: 'misfire'; readonly atMs: number; readonly startMs: number };

type State =
  | { readonly k: 'silence' }
  | {
      readonly k: 'candidate';
      readonly startMs: number;
      readonly speechMs: number;
      readonly quietFromMs: number | null;
    }
  | { readonly k: 'speech'; readonly quietFromMs: number | null }
  | { readonly k: 'pause'; readonly quietFromMs: number };

/** Timestamps are fractions of RTP ticks: a duration that is short by a rounding error counts as reached. */
const EPSILON_MS = 0.01;
/** A hole in the audio of more than this counts as silence. */
const MAX_HOLE_MS = 100;
/** Silero never says 0: below this it is silence however low the threshold is. */
const MIN_QUIET_THRESHOLD = 0.01;

const SILENCE: State = { k: 'silence' };

/**
 * Turns speech probabilities into boundaries of speech. Pure: time comes in with the windows.
 *
 * silence → candidate → speech ⇄ pause → silence; a candidate that dies is a misfire. Each `speech_start` is followed by
 * exactly one `speech_end` (unless `reset`), and in between `tentative_pause` and `resume` alternate.
 */
export class BoundaryPredictor {
  #config: BoundaryConfig;
  #state: State = SILENCE;
  #heardToMs: number | null = null;
  /** Speech (ms) since the last start. */
  #speechMs = 0;
  #established = false;

  /** @throws VisavisError `bad_request` for a value out of range. */
  constructor(config: Partial<BoundaryConfig> = {}) {
    this.#config = checked({ ...DEFAULT_BOUNDARY_CONFIG, ...config });
  }

  get config(): BoundaryConfig {
    return this.#config;
  }

  /** True from `speech_start` to `speech_end`. */
  get speaking(): boolean {
    return this.#state.k === 'speech' || this.#state.k === 'pause';
  }

  /**
   * Changes some values in flight. What has been heard so far stands; the next window is judged by the new values.
   * @throws VisavisError `bad_request` for a value out of range; the configuration is then unchanged.
   */
  configure(config: Partial<BoundaryConfig>): void {
    this.#config = checked({ ...this.#config, ...config });
  }

  /** Forgets everything that was heard; no event is sent for speech under way. */
  reset(): void {
    this.#state = SILENCE;
    this.#heardToMs = null;
  }

  /**
   * One window's probability. Windows come in order; a hole of more than 100 ms between them counts as silence.
   * @param endMs media time just after the window
   */
  push(p: number, endMs: number, windowMs: number): BoundaryEvent[] {
    const startMs = endMs - windowMs;
    const events: BoundaryEvent[] = [];
    if (this.#heardToMs !== null && startMs - this.#heardToMs > MAX_HOLE_MS) {
      events.push(...this.silenceUntil(startMs));
    }
    events.push(...this.#hear(p, startMs, endMs));
    this.#heardToMs = endMs;
    return events;
  }

  /**
   * For a track that has gone quiet altogether (muted, DTX): what no window has covered up to `toMs` was silence.
   * Nothing happens before the first window.
   */
  silenceUntil(toMs: number): BoundaryEvent[] {
    if (this.#heardToMs === null || toMs <= this.#heardToMs) return [];
    const events = this.#hear(0, this.#heardToMs, toMs);
    this.#heardToMs = toMs;
    return events;
  }

  #hear(p: number, startMs: number, endMs: number): BoundaryEvent[] {
    const loud = p >= this.#config.threshold;
    const quiet = p < Math.max(this.#config.threshold - this.#config.hysteresis, MIN_QUIET_THRESHOLD);
    switch (this.#state.k) {
      case 'silence':
        return loud ? this.#hearCandidate(startMs, 0, startMs, endMs) : [];
      case 'candidate':
        if (loud) return this.#hearCandidate(this.#state.startMs, this.#state.speechMs, startMs, endMs);
        return this.#hearCandidateFade(this.#state, startMs, endMs);
      case 'speech':
        if (loud) {
          this.#state = { k: 'speech', quietFromMs: null };
          return this.#hearSpeech(endMs - startMs, endMs);
        }
        return this.#hearQuiet(this.#state.quietFromMs ?? (quiet ? startMs : null), endMs);
      case 'pause':
        if (loud) {
          this.#state = { k: 'speech', quietFromMs: null };
          return [{ t: 'resume', atMs: endMs }, ...this.#hearSpeech(endMs - startMs, endMs)];
        }
        return this.#hearQuiet(this.#state.quietFromMs, endMs);
    }
  }

  #hearCandidate(sinceMs: number, speechMs: number, startMs: number, endMs: number): BoundaryEvent[] {
    const heard = speechMs + (endMs - startMs);
    if (reached(heard, this.#config.min_speech_ms)) {
      this.#state = { k: 'speech', quietFromMs: null };
      this.#speechMs = 0;
      this.#established = false;
      return [{ t: 'speech_start', atMs: endMs, startMs: sinceMs }, ...this.#hearSpeech(heard, endMs)];
    }
    this.#state = { k: 'candidate', startMs: sinceMs, speechMs: heard, quietFromMs: null };
    return [];
  }

  #hearSpeech(durationMs: number, endMs: number): BoundaryEvent[] {
    this.#speechMs += durationMs;
    const neededMs = this.#config.established_speech_ms;
    if (this.#established || neededMs === 0 || !reached(this.#speechMs, neededMs)) return [];
    this.#established = true;
    return [{ t: 'speech_established', atMs: endMs }];
  }

  /** A candidate survives dips shorter than a tentative pause: the first sounds of a word are often apart. */
  #hearCandidateFade(state: State & { k: 'candidate' }, startMs: number, endMs: number): BoundaryEvent[] {
    const quietFromMs = state.quietFromMs ?? startMs;
    if (reached(endMs - quietFromMs, this.#config.tentative_pause_ms)) {
      this.#state = SILENCE;
      return [{ t: 'misfire', atMs: endMs, startMs: state.startMs }];
    }
    this.#state = { ...state, quietFromMs };
    return [];
  }

  #hearQuiet(quietFromMs: number | null, endMs: number): BoundaryEvent[] {
    if (quietFromMs === null) return [];
    const quietMs = endMs - quietFromMs;
    if (reached(quietMs, this.#config.silence_duration_ms)) {
      this.#state = SILENCE;
      return [{ t: 'speech_end', atMs: endMs, speechEndMs: quietFromMs }];
    }
    if (this.#state.k === 'pause') return [];
    if (reached(quietMs, this.#config.tentative_pause_ms)) {
      this.#state = { k: 'pause', quietFromMs };
      return [{ t: 'tentative_pause', atMs: endMs, speechEndMs: quietFromMs }];
    }
    this.#state = { k: 'speech', quietFromMs };
    return [];
  }
}

function reached(durationMs: number, neededMs: number): boolean {
  return durationMs >= neededMs - EPSILON_MS;
}

function checked(config: BoundaryConfig): BoundaryConfig {
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
