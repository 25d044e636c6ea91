import { unwrap32 } from './rtp.js';

/** Minimum delays are taken over this span (ms), so that clock skew of a long call is followed. */
const WINDOW_MS = 5000;
/** The offset moves by at most this share of elapsed time: time stamps of consecutive packets stay in order. */
const SLEW = 0.1;
/** At the start it moves faster: the first packets wait for a machine that is busy with the call's setup. */
const START_SLEW = 0.5;
const START_MS = 2000;
/** A difference beyond this (ms) is a clock that was reset, not jitter: it is taken over at once. */
const SNAP_MS = 2000;
/** Sender reports that disagree with arrival times by more than this (ms) are not believed. */
const MAX_REPORT_ERROR_MS = 1000;
/** Between two reports, both of a sender's clocks advance alike, to within this (ms). */
const MAX_REPORT_DRIFT_MS = 100;
/** Where the media time of time stamps moves by more than this (ms) at once, the sender's clocks may have parted. */
const MAX_MOVE_MS = 50;
/** First extended time stamp: going back past the first packet never becomes negative. */
const BASE = 2 ** 33;

interface Report {
  readonly ntpMs: number;
  readonly extended: number;
}

/**
 * One track's RTP clock against the gateway's clock. The offset between both is the smallest delay seen lately: a packet that
 * waited nowhere tells best when its samples were taken.
 */
export class TrackClock {
  readonly #rate: number;
  #last = -1;
  #offsetMs: number | null = null;
  #windowMin = Infinity;
  #previousMin = Infinity;
  #windowStartMs = 0;
  #updatedAtMs = 0;
  #startedAtMs = 0;
  #report: Report | null = null;
  #believed = true;

  /** @param clockRate RTP ticks a second (Opus 48000, video 90000) */
  constructor(clockRate: number) {
    this.#rate = clockRate;
  }

  get started(): boolean {
    return this.#offsetMs !== null;
  }

  /** Extends a 32-bit time stamp so that it never wraps. */
  extend(timestamp: number): number {
    this.#last = this.#last < 0 ? BASE + timestamp : unwrap32(this.#last, timestamp);
    return this.#last;
  }

  /** Takes an arrival into account. `extended` comes from `extend`. */
  observe(extended: number, arrivedAtMs: number): void {
    const delay = arrivedAtMs - this.#media(extended - BASE);
    if (this.#offsetMs === null || Math.abs(delay - this.#offsetMs) > SNAP_MS) {
      this.#offsetMs = delay;
      this.#windowMin = delay;
      this.#previousMin = Infinity;
      this.#windowStartMs = arrivedAtMs;
      this.#startedAtMs = arrivedAtMs;
    } else {
      if (arrivedAtMs - this.#windowStartMs > WINDOW_MS) {
        this.#previousMin = this.#windowMin;
        this.#windowMin = delay;
        this.#windowStartMs = arrivedAtMs;
      }
      this.#windowMin = Math.min(this.#windowMin, delay);
      const target = Math.min(this.#windowMin, this.#previousMin);
      const slew = arrivedAtMs - this.#startedAtMs < START_MS ? START_SLEW : SLEW;
      const step = slew * Math.max(0, arrivedAtMs - this.#updatedAtMs);
      this.#offsetMs += Math.max(-step, Math.min(step, target - this.#offsetMs));
    }
    this.#updatedAtMs = arrivedAtMs;
  }

  /**
   * Instead of `observe`, for a track whose media times are settled elsewhere: this one's. Where they move against the time
   * stamps (those stood still in a pause, say), the last report tells nothing any more.
   */
  place(extended: number, ptsMs: number): void {
    const offsetMs = ptsMs - this.#media(extended - BASE);
    if (this.#offsetMs !== null && Math.abs(offsetMs - this.#offsetMs) > MAX_MOVE_MS) this.#report = null;
    this.#offsetMs = offsetMs;
  }

  /** Gateway clock (ms) of an extended time stamp, by arrivals alone, or as it was placed. */
  toMs(extended: number): number {
    return this.#media(extended - BASE) + (this.#offsetMs ?? 0);
  }

  /**
   * A report whose clocks did not advance alike since the one before is not believed, until two agree: some senders (werift
   * among them) write nonsense into the fraction of the second, and sender's clocks are set.
   */
  onReport(ntpMs: number, rtpTimestamp: number): void {
    // A report is about "now": its time stamp is near the last packet's and may be extended like one, without moving it.
    if (this.#last < 0) return;
    const report = { ntpMs, extended: unwrap32(this.#last, rtpTimestamp) };
    if (this.#report) {
      const drift = ntpMs - this.#report.ntpMs - this.#media(report.extended - this.#report.extended);
      this.#believed = Math.abs(drift) <= MAX_REPORT_DRIFT_MS;
    }
    this.#report = report;
  }

  /** The sender's wall clock (ms) of an extended time stamp, or null where no report tells. */
  toNtpMs(extended: number): number | null {
    if (!this.#report || !this.#believed) return null;
    return this.#report.ntpMs + this.#media(extended - this.#report.extended);
  }

  /** Gateway clock (ms) of a moment on the sender's wall clock, or null where no report tells. */
  fromNtpMs(ntpMs: number): number | null {
    if (!this.#report || !this.#believed) return null;
    return this.toMs(this.#report.extended) + (ntpMs - this.#report.ntpMs);
  }

  #media(ticks: number): number {
    return (ticks / this.#rate) * 1000;
  }
}

/**
 * The session's media clock: RTP time on the gateway's clock (ms). Sender reports tie every track to the anchor (the audio
 * track), so that a picture and the sound of the same moment get the same time although they travel differently.
 */
export class MediaClock {
  #anchor: TrackClock | null = null;
  /** By how much (ms) media time, as the audio has it, is ahead of the gateway's clock. */
  leadMs = 0;

  /** The audio track's clock; a new one where the client replaced its stream. */
  anchorTo(track: TrackClock): void {
    this.#anchor = track;
  }

  ptsMs(track: TrackClock, extended: number): number {
    if (track === this.#anchor) return track.toMs(extended);
    const own = track.toMs(extended) + this.leadMs;
    if (!this.#anchor?.started) return own;
    const ntpMs = track.toNtpMs(extended);
    const tied = ntpMs === null ? null : this.#anchor.fromNtpMs(ntpMs);
    return tied === null || Math.abs(tied - own) > MAX_REPORT_ERROR_MS ? own : tied;
  }
}
