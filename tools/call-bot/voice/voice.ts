import type { Room } from '../rooms/room.js';
import { Speech } from './speech.js';
import type { Synthesiser } from './synthesiser.js';

export interface VoiceParts {
  /** Null: nothing is said aloud. */
  readonly synthesiser: Synthesiser | null;
  /** It begins or ends to speak. Never throws. */
  readonly onChange: () => void;
  /** Something could not be said. Never throws. */
  readonly onFailed: (error: unknown) => void;
}

/** The bot's voice, in one room after the other. A room in which it cannot be heard is answered in writing all the same. */
export class Voice {
  readonly #parts: VoiceParts;
  #speech: Speech | null = null;
  #visit = 0;
  speaking = false;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
  }

  /** Opens a microphone, where there is a synthesiser and the room has one; never rejects. */
  async open(room: Room): Promise<void> {
    const { synthesiser, onFailed } = this.#parts;
    if (!synthesiser || !room.speak) return;
    const visit = ++this.#visit;
    try {
      const voice = await room.speak();
      if (visit !== this.#visit) return;
      this.#speech = new Speech({ synthesiser, voice, onSpeaking: (on) => this.#change(on), onFailed });
    } catch (error) {
      onFailed(error);
    }
  }

  say(text: string): void {
    this.#speech?.say(text);
  }

  /** Somebody else speaks. */
  hush(): void {
    this.#speech?.hush();
  }

  /** The room is left, or lost. */
  close(): void {
    this.#visit += 1;
    this.#speech?.close();
    this.#speech = null;
  }

  #change(speaking: boolean): void {
    this.speaking = speaking;
    this.#parts.onChange();
  }
}
