/** How much speech there was, pauses not counted; ms on the media clock. */
export class SpeechClock {
  readonly fromMs: number;
  #doneMs = 0;
  #sinceMs: number;
  #pausing = false;

  constructor(fromMs: number) {
    this.fromMs = fromMs;
    this.#sinceMs = fromMs;
  }

  pause(speechEndMs: number): void {
    if (this.#pausing) return;
    this.#doneMs += Math.max(0, speechEndMs - this.#sinceMs);
    this.#pausing = true;
  }

  resume(atMs: number): void {
    this.#pausing = false;
    this.#sinceMs = atMs;
  }

  /** All of it. */
  until(nowMs: number): number {
    return this.#doneMs + (this.#pausing ? 0 : Math.max(0, nowMs - this.#sinceMs));
  }

  /** Since the last pause ended, or since the start. */
  sinceResume(nowMs: number): number {
    return Math.max(0, nowMs - this.#sinceMs);
  }
}
