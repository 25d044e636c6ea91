import { checkedConfig, DEFAULT_BOUNDARY_CONFIG, type BoundaryConfig } from './boundary-config.js';
import { NearTalker, type CallerLevel } from './near-talker.js';
import { SoundEnd } from './sound-end.js';

/** `atMs` is the media time up to which audio had been heard when the event was known. */
export type BoundaryEvent =
  /** `min_speech_ms` of speech were heard; it began at `startMs`. */
  | { readonly t: 'speech_start'; readonly atMs: number; readonly startMs: number }
  /**
   * `established_speech_ms` of speech were heard since the start, pauses not counted; once for each start. Levels are dB
   * of full scale, of peaks: of who speaks now, and of the caller as he was known before; null: not known.
   */
  | {
      readonly t: 'speech_established';
      readonly atMs: number;
      readonly levelDb: number | null;
      readonly callerDb: number | null;
    }
  /** Only from `startMs` on it is the caller who speaks; what was taken for his speech before was somebody softer. */
  | { readonly t: 'speech_outshone'; readonly atMs: number; readonly startMs: number }
  /** Quiet since `speechEndMs`, where the sound of the speech ended: a `resume` or a `speech_end` follows. */
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
/** The end is not told by the clock with more than this (ms) of the silence unheard: the network has stalled. */
const MAX_UNHEARD_MS = 100;
/** Silero never says 0: below this it is silence however low the threshold is. */
const MIN_QUIET_THRESHOLD = 0.01;

/** Softer sounds before a start that belong to it (ms). */
const MOST_SOFT_START_MS = 320;

/** Sound before the caller speaks up (ms) that tells how loud the others are. */
const SURROUNDINGS_MS = 500;

/** One window: what there is of speech in it, and whether there would be more but for its level. */
interface Heard {
  readonly p: number;
  readonly far: boolean;
  readonly startMs: number;
  readonly endMs: number;
}

const SILENCE: State = { k: 'silence' };

/**
 * Turns speech probabilities into boundaries of speech. Pure: time comes in with the windows, and with `endBy`.
 *
 * A silence counts from where the sound of the speech ended, as far as the predictor is given that sound; otherwise from
 * the first window that the model takes for silence.
 *
 * silence → candidate → speech ⇄ pause → silence; a candidate that dies is a misfire. Each `speech_start` is followed by
 * exactly one `speech_end` (unless `reset`), and in between `tentative_pause` and `resume` alternate.
 */
export class BoundaryPredictor {
  #config: BoundaryConfig;
  #state: State = SILENCE;
  readonly #soundEnd = new SoundEnd();
  readonly #near = new NearTalker();
  /** The caller as he was known before the newest speech. */
  #before: CallerLevel = this.#near.known;
  #callerDb: number | null = null;
  /** Start of the windows in succession that the model takes for speech, whoever's; null: the last one was none. */
  #voicedFromMs: number | null = null;
  #heardToMs: number | null = null;
  #windowMs = 0;
  /** Speech (ms) since the last start. */
  #speechMs = 0;
  #established = false;

  /** @throws VisavisError `bad_request` for a value out of range. */
  constructor(config: Partial<BoundaryConfig> = {}) {
    this.#config = checkedConfig({ ...DEFAULT_BOUNDARY_CONFIG, ...config });
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
    this.#config = checkedConfig({ ...this.#config, ...config });
  }

  /** Forgets everything that was heard; no event is sent for speech under way. */
  reset(): void {
    this.#state = SILENCE;
    this.#voicedFromMs = null;
    this.#heardToMs = null;
  }

  /** Media time at which the speech is over unless there is more of it; null: there is none, or it goes on. */
  get endsAtMs(): number | null {
    if (this.#state.k !== 'speech' && this.#state.k !== 'pause') return null;
    const { quietFromMs } = this.#state;
    return quietFromMs === null ? null : quietFromMs + this.#config.silence_duration_ms;
  }

  /** The sound, before the windows that are cut from it. @param pcm 16 kHz mono */
  sound(pcm: Float32Array, ptsMs: number): void {
    this.#soundEnd.push(pcm, ptsMs);
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
    this.#windowMs = windowMs;
    const voiced = p >= this.#config.threshold;
    this.#voicedFromMs = voiced ? (this.#voicedFromMs ?? startMs) : null;
    const far = voiced && !this.#isNear(startMs, endMs);
    events.push(...this.#hear({ p: far ? 0 : p, far, startMs, endMs }));
    if (voiced && !far) events.push(...this.#lookWhoSpeaks(endMs));
    const surroundings = far && this.#near.hearsOthers;
    this.#soundEnd.judged(surroundings ? 0 : p, voiced && !far, [startMs, endMs]);
    this.#heardToMs = endMs;
    return events;
  }

  /** What was heard last was not the caller: his level is what it was known to be before. */
  disown(): void {
    this.#near.disown(this.#before);
  }

  /**
   * The end of speech by the clock, where the silence is over before the next window's probability is there. What has
   * not been judged yet must be quiet.
   * @param nowMs media time that has been reached
   */
  endBy(nowMs: number): BoundaryEvent[] {
    const { endsAtMs } = this;
    if (endsAtMs === null || this.#heardToMs === null || nowMs < endsAtMs - EPSILON_MS) return [];
    if (endsAtMs - this.#heardToMs > MAX_UNHEARD_MS || this.#soundEnd.soundAfter(this.#heardToMs)) return [];
    const speechEndMs = endsAtMs - this.#config.silence_duration_ms;
    this.#state = SILENCE;
    return [{ t: 'speech_end', atMs: this.#heardToMs, speechEndMs }];
  }

  /**
   * For a track that has gone quiet altogether (muted, DTX): what no window has covered up to `toMs` was silence.
   * Nothing happens before the first window.
   */
  silenceUntil(toMs: number): BoundaryEvent[] {
    if (this.#heardToMs === null || toMs <= this.#heardToMs) return [];
    const events = this.#hear({ p: 0, far: false, startMs: this.#heardToMs, endMs: toMs });
    this.#voicedFromMs = null;
    this.#heardToMs = toMs;
    return events;
  }

  #isNear(startMs: number, endMs: number): boolean {
    if (this.#state.k === 'silence') {
      this.#near.begins(startMs);
      this.#before = this.#near.known;
      this.#callerDb = this.#near.levelDb;
    }
    const level = this.#soundEnd.level(startMs, endMs);
    return level === null || this.#near.hears(level, endMs, endMs - startMs);
  }

  /** Where the caller speaks up behind others, his turn begins there, and they are what surrounds it. */
  #lookWhoSpeaks(endMs: number): BoundaryEvent[] {
    const windows = this.#near.outshone();
    if (windows === 0 || this.#state.k !== 'speech') return [];
    const startMs = endMs - windows * this.#windowMs;
    this.#soundEnd.surroundedBy(startMs - SURROUNDINGS_MS, startMs);
    this.#speechMs = endMs - startMs;
    this.#established = false;
    return [{ t: 'speech_outshone', atMs: endMs, startMs }];
  }

  #hear({ p, far, startMs, endMs }: Heard): BoundaryEvent[] {
    const loud = p >= this.#config.threshold;
    const quiet = p < Math.max(this.#config.threshold - this.#config.hysteresis, MIN_QUIET_THRESHOLD);
    switch (this.#state.k) {
      case 'silence':
        return loud ? this.#hearCandidate(this.#candidateFrom(startMs), 0, startMs, endMs) : [];
      case 'candidate':
        if (loud) return this.#hearCandidate(this.#state.startMs, this.#state.speechMs, startMs, endMs);
        return this.#hearCandidateFade(this.#state, startMs, endMs);
      case 'speech':
        if (loud) {
          this.#state = { k: 'speech', quietFromMs: null };
          return this.#hearSpeech(endMs - startMs, endMs);
        }
        return this.#hearQuiet(
          this.#state.quietFromMs ?? (quiet ? this.#speechEnd(startMs, far) : null),
          endMs,
        );
      case 'pause':
        if (loud) {
          this.#state = { k: 'speech', quietFromMs: null };
          return [{ t: 'resume', atMs: endMs }, ...this.#hearSpeech(endMs - startMs, endMs)];
        }
        return this.#hearQuiet(this.#state.quietFromMs, endMs);
    }
  }

  /** The first sounds may be softer than what tells that it is the caller. */
  #candidateFrom(startMs: number): number {
    return Math.max(this.#voicedFromMs ?? startMs, startMs - MOST_SOFT_START_MS);
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
    return [{ t: 'speech_established', atMs: endMs, levelDb: this.#near.newestDb, callerDb: this.#callerDb }];
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

  /** @param far somebody else goes on: the end is where the caller was heard last */
  #speechEnd(quietFromMs: number, far: boolean): number {
    if (far) return Math.min(quietFromMs, this.#near.strongToMs);
    return Math.min(this.#soundEnd.before(quietFromMs, this.#windowMs), this.#near.endsBeforeMs);
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
