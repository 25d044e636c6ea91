import { silence } from '@vis-a-vis/client/node';
import { Playback } from '../core/playback.js';
import { sentencesOf } from '../core/sentences.js';
import type { RoomVoice } from '../rooms/room.js';
import type { Synthesiser } from './synthesiser.js';

const LEAD_IN_MS = 400;
const TICK_MS = 20;
/** Sentences that wait to be made into sound; what is more can be read. */
const MOST_WAITING = 16;
/** Sounds that are ready and wait to be heard. */
const AHEAD = 2;

export interface SpeechParts {
  readonly synthesiser: Synthesiser;
  readonly voice: RoomVoice;
  /** It begins or ends to speak. Never throws. */
  readonly onSpeaking: (speaking: boolean) => void;
  /** A sentence could not be made into sound. Never throws. */
  readonly onFailed: (error: unknown) => void;
  /** Silence in front of the first word (ms). Default 400: a server makes a track of the first packets, and others hear it a little later. */
  readonly leadInMs?: number;
}

/** The bot's voice in one room: sentence by sentence, until it is told to hush. Nothing throws. */
export class Speech {
  readonly #parts: SpeechParts;
  readonly #playback = new Playback(performance.now());
  readonly #waiting: string[] = [];
  #making: AbortController | null = null;
  #clock: NodeJS.Timeout | null = null;
  #speaking = false;
  #closed = false;

  constructor(parts: SpeechParts) {
    this.#parts = parts;
    silence(parts.leadInMs ?? LEAD_IN_MS).then(
      (quiet) => {
        if (this.#closed) return;
        this.#playback.say(quiet, performance.now());
        this.#run();
      },
      (error: unknown) => parts.onFailed(error),
    );
  }

  say(text: string): void {
    if (this.#closed) return;
    for (const sentence of sentencesOf(text)) {
      if (this.#waiting.length >= MOST_WAITING) break;
      this.#waiting.push(sentence);
    }
    void this.#make();
  }

  /** Somebody else speaks. */
  hush(): void {
    this.#waiting.length = 0;
    this.#making?.abort();
    this.#making = null;
    this.#playback.hush();
    this.#tell();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.hush();
    if (this.#clock) clearInterval(this.#clock);
  }

  /** One sentence after the other. */
  async #make(): Promise<void> {
    if (this.#making || this.#closed || this.#playback.waiting >= AHEAD) return;
    const sentence = this.#waiting.shift();
    if (sentence === undefined) return this.#tell();
    const making = new AbortController();
    this.#making = making;
    this.#tell();
    try {
      const sound = await this.#parts.synthesiser.speak(sentence, making.signal);
      if (making.signal.aborted) return;
      this.#playback.say(sound, performance.now());
      this.#run();
    } catch (error) {
      if (making.signal.aborted) return;
      this.#parts.onFailed(error);
    }
    this.#making = null;
    void this.#make();
  }

  #run(): void {
    if (this.#clock || this.#closed) return;
    this.#clock = setInterval(() => {
      for (const packet of this.#playback.due(performance.now())) this.#parts.voice.send(packet);
      if (this.#playback.speaking) return void this.#make();
      if (this.#clock) clearInterval(this.#clock);
      this.#clock = null;
      void this.#make();
    }, TICK_MS);
  }

  /** What is being made counts: it will be heard at once. */
  #tell(): void {
    const speaking =
      this.#making !== null || this.#waiting.length > 0 || (this.#speaking && this.#playback.speaking);
    if (speaking === this.#speaking) return;
    this.#speaking = speaking;
    this.#parts.onSpeaking(speaking);
  }
}
