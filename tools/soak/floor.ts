import type { ServerEvent } from '@vis-a-vis/protocol';

/** So long nothing has begun when a turn is over for sure (ms): a pause in a question may have been taken for its end. */
const QUIET_MS = 600;

/** Who has the floor in a call: the caller who is being heard, an answer, or nobody. Times are the caller's (ms). */
export class Floor {
  readonly #answers = new Set<string>();
  #speech = false;
  #lastAtMs = -Infinity;

  handle(event: ServerEvent, atMs: number): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#speech = true;
        break;
      case 'input_audio_buffer.speech_stopped':
      case 'input_audio_buffer.cleared':
        this.#speech = false;
        break;
      case 'response.created':
        this.#answers.add(event.response.id);
        break;
      case 'response.done':
        this.#answers.delete(event.response.id);
        break;
      case 'visavis.turn.timing':
        break;
      default:
        return;
    }
    this.#lastAtMs = atMs;
  }

  quiet(nowMs: number): boolean {
    return !this.#speech && this.#answers.size === 0 && nowMs - this.#lastAtMs >= QUIET_MS;
  }
}
