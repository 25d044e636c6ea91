/** So many key frames in a row, each in its time, show that the next will come, too. */
const TRUSTED_AFTER = 3;
/** A key frame is in its time where it follows the one before within so many intervals. */
const IN_TIME = 1.5;

/**
 * Shuts between two pictures of a sampled stream: what comes meanwhile refers to frames that are not decoded, and so need not be decrypted
 * either. It shuts only for senders whose key frames come when they are wanted, because of all others every frame may be needed.
 */
export class VideoGate {
  readonly #intervalMs: number;
  #inTime = 0;
  #keyAtMs = -Infinity;
  #shutUntilMs = -Infinity;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** A key frame came whole, and its picture is the one of its interval. @param wantedAtMs when the next one is asked for, or may come */
  onPicture(nowMs: number, wantedAtMs: number): void {
    this.#inTime = nowMs - this.#keyAtMs <= IN_TIME * this.#intervalMs ? this.#inTime + 1 : 0;
    this.#keyAtMs = nowMs;
    this.#shutUntilMs = this.#inTime >= TRUSTED_AFTER ? wantedAtMs : -Infinity;
  }

  /** A picture is missing, or the stream is decoded in another way: everything is needed. */
  open(): void {
    this.#inTime = 0;
    this.#shutUntilMs = -Infinity;
  }

  isShut(nowMs: number): boolean {
    return nowMs < this.#shutUntilMs;
  }
}
