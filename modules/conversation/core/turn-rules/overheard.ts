/** How long (ms) a room in which others talk is remembered. */
const REMEMBERED_MS = 60_000;
/** A cough or a word says nothing about the room; from so much speech (ms) on a sound is talk. */
const TALK_MS = 1000;

/** A sound that was let go as nobody's; ms on the media clock. */
interface Overheard {
  readonly endMs: number;
  readonly speechMs: number;
}

/**
 * What was said in the room and not to the model, within the last minute and since the last turn: where others talk, the next
 * sound is theirs rather than where it was quiet, and who has just asked is likely to ask again.
 */
export class OverheardTalk {
  #sounds: Overheard[] = [];

  /** A sound was for nobody. */
  add(sound: Overheard): void {
    if (sound.speechMs >= TALK_MS) this.#sounds.push(sound);
  }

  /** Somebody spoke to the model. */
  forget(): void {
    this.#sounds = [];
  }

  /** Speech of it (ms) that is remembered at an instant of the media clock. */
  speechMs(nowMs: number): number {
    this.#sounds = this.#sounds.filter(({ endMs }) => nowMs - endMs < REMEMBERED_MS);
    return this.#sounds.reduce((sum, { speechMs }) => sum + speechMs, 0);
  }
}
