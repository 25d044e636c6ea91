import type { EncodedFrame } from './frame-assembler.js';

/** A frame and its times. */
export interface TimedFrame {
  readonly frame: EncodedFrame;
  /** Session time, ms. */
  readonly ptsMs: number;
  readonly arrivedAtMs: number;
  /** When it began to wait for the decoder, ms. */
  readonly queuedAtMs: number;
}

/** What is kept since the last key frame, at most: longer, and the next key frame is waited for. */
const MAX_KEPT_FRAMES = 300;
const MAX_KEPT_BYTES = 4_000_000;
/** A frame that waits longer (ms) shows that the decoder does not keep up with this stream. */
const MAX_LAG_MS = 1000;
/** So is one that takes more of a core than this, over a window (ms). */
const MAX_SHARE = 0.4;
const WINDOW_MS = 2000;
/** How long a stream that was too much is sampled again before the next attempt (ms); doubled each time. */
const FIRST_REST_MS = 10_000;
const MAX_REST_MS = 160_000;

/**
 * The frames of a sender whose key frames do not come when they are asked for, so that between them it can be decoded on
 * (`following`). While it is only sampled, the frames since the last key frame are kept, without being decoded: where
 * following begins it begins there. A stream that costs too much is given up for a while.
 */
export class FrameFollower {
  #kept: TimedFrame[] = [];
  #keptBytes = 0;
  /** Everything since the last key frame is in `#kept`, or decoded. */
  #whole = false;
  #following = false;
  #restUntilMs = -Infinity;
  #restMs = FIRST_REST_MS;
  #windowFromMs = -Infinity;
  #spentMs = 0;

  get following(): boolean {
    return this.#following;
  }

  /** Nothing since the last key frame is missing: it waits, or was decoded. */
  get whole(): boolean {
    return this.#whole;
  }

  /** Frames wait to be decoded. */
  get waiting(): boolean {
    return this.#following && this.#kept.length > 0;
  }

  /**
   * @param wanted the sender ignores requests
   * @returns `begun` where following begins now, with the frames since the last key frame waiting if none is missing
   */
  update(wanted: boolean, nowMs: number): 'begun' | null {
    if (!wanted) {
      if (this.#following) this.clear();
      this.#following = false;
      return null;
    }
    if (this.#following || nowMs < this.#restUntilMs) return null;
    this.#following = true;
    this.#windowFromMs = nowMs;
    this.#spentMs = 0;
    this.#kept = this.#kept.map((kept) => ({ ...kept, queuedAtMs: nowMs }));
    return 'begun';
  }

  /**
   * A frame that was not decoded at once.
   * @returns false where too much is kept: then nothing is any more
   */
  keep(timed: TimedFrame): boolean {
    const { frame, arrivedAtMs } = timed;
    if (frame.key) {
      // What came before it is not needed any more, also where it still waits.
      this.clear();
      this.#whole = arrivedAtMs >= this.#restUntilMs;
    }
    if (!this.#following && !(this.#whole && (frame.key || frame.continuous))) {
      this.clear();
      return true;
    }
    this.#kept.push(timed);
    this.#keptBytes += frame.data.length;
    if (this.#kept.length <= MAX_KEPT_FRAMES && this.#keptBytes <= MAX_KEPT_BYTES) return true;
    this.clear();
    return false;
  }

  /** A key frame was decoded: what follows it is kept. */
  onKeyDecoded(): void {
    this.clear();
    this.#whole = true;
  }

  clear(): void {
    this.#kept = [];
    this.#keptBytes = 0;
    this.#whole = false;
  }

  next(): TimedFrame | null {
    const timed = this.#kept.shift() ?? null;
    this.#keptBytes -= timed?.frame.data.length ?? 0;
    return timed;
  }

  /** A frame took this long in the decoder (ms). */
  onDecoded(decodeMs: number): void {
    this.#spentMs += decodeMs;
  }

  /** @returns how many frames were given up because the decoder does not keep up; following rests then */
  shed(nowMs: number): number {
    if (!this.#following) return 0;
    const [head] = this.#kept;
    const behind = head !== undefined && nowMs - head.queuedAtMs > MAX_LAG_MS;
    if (!behind && !this.#tooDear(nowMs)) return 0;
    const dropped = Math.max(1, this.#kept.length);
    this.clear();
    this.#following = false;
    this.#restUntilMs = nowMs + this.#restMs;
    this.#restMs = Math.min(MAX_REST_MS, this.#restMs * 2);
    return dropped;
  }

  #tooDear(nowMs: number): boolean {
    const windowMs = nowMs - this.#windowFromMs;
    if (windowMs < WINDOW_MS) return false;
    const share = this.#spentMs / windowMs;
    this.#windowFromMs = nowMs;
    this.#spentMs = 0;
    return share > MAX_SHARE;
  }
}
