/** At or below this rate every frame is decoded: a key frame each second would cost such a sender more than it sends. */
const SLOW_FPS = 2.5;
const RATE_WINDOW_MS = 3000;
/** A picture counts for its interval although it comes this share of it early: key frames and slow streams come when they come. */
const EARLY = 0.15;
/** Where there are frames to choose from. */
const EARLY_FOLLOWED = 0.02;

/** How a stream is decoded: key frames alone, or whole, because it is slow or its key frames are too rare. */
export type SampleMode = 'sampled' | 'slow' | 'followed';

/** `reference`: decode to keep the decoder's state, but no picture is due. */
export type SampleDecision = 'picture' | 'reference' | 'skip';

/**
 * Decides which frames are decoded. A usual stream (30 fps) is sampled: only key frames, one an interval. A stream as slow as
 * the sampling itself is decoded whole, so that it needs no key frames at all; so is one whose sender does not answer
 * requests for them (`followed`).
 */
export class FrameSampler {
  readonly #intervalMs: number;
  readonly #arrivals: number[] = [];
  #firstMs: number | null = null;
  #lastPictureMs = -Infinity;
  /** The decoder has decoded every frame since the last key frame. */
  #unbroken = false;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** True while the stream is decoded whole; it then needs a key frame only where `broken`. */
  slow(nowMs: number): boolean {
    if (this.#firstMs === null || nowMs - this.#firstMs < RATE_WINDOW_MS) return false;
    return this.#arrivals.length <= (SLOW_FPS * RATE_WINDOW_MS) / 1000;
  }

  /** How long after a picture of a sampled stream the next one is due (ms). */
  get dueAfterMs(): number {
    return this.#intervalMs * (1 - EARLY);
  }

  get broken(): boolean {
    return !this.#unbroken;
  }

  /** A frame has arrived; each frame once, in order. */
  onArrival(nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#arrivals.push(nowMs);
    while ((this.#arrivals[0] ?? nowMs) <= nowMs - RATE_WINDOW_MS) this.#arrivals.shift();
  }

  /**
   * @param frame `continuous`: no frame was lost between the one before and this one
   * @param ptsMs session time of the frame
   */
  decide(frame: { key: boolean; continuous: boolean }, ptsMs: number, mode: SampleMode): SampleDecision {
    if (!frame.continuous) this.#unbroken = false;
    const early = mode === 'followed' ? EARLY_FOLLOWED : EARLY;
    const due = Math.abs(ptsMs - this.#lastPictureMs) >= this.#intervalMs * (1 - early);
    if (frame.key && due) return this.#picture(ptsMs);
    const decodable = frame.key || this.#unbroken;
    if (decodable && mode !== 'sampled') {
      this.#unbroken = true;
      return due ? this.#picture(ptsMs) : 'reference';
    }
    this.#unbroken = false;
    return 'skip';
  }

  /** What comes next can be decoded: everything since the last key frame will have been, or the decoder finds its own beginning. */
  rejoin(): void {
    this.#unbroken = true;
  }

  /** The decoder took a frame and has no picture of it yet: the interval still needs one. */
  onNoPicture(): void {
    this.#lastPictureMs = -Infinity;
  }

  /** The decoder refused a frame, or is another one now: it needs a key frame, and the interval has no picture yet. */
  onUndecodable(): void {
    this.#unbroken = false;
    this.#lastPictureMs = -Infinity;
  }

  #picture(ptsMs: number): 'picture' {
    this.#lastPictureMs = ptsMs;
    this.#unbroken = true;
    return 'picture';
  }
}
