import type { Utterance, Voice, VoiceOptions } from '../call/options.js';
import { CallError } from '../errors.js';

/** How fast a voice is taken to read (characters a second) where it does not say how far it is. */
const PACE = 15;
const TICK_MS = 250;

/** The browser's `speechSynthesis`. What it has said it tells by its word boundaries; a voice without them is taken at its pace. */
export class BrowserVoice implements Voice {
  readonly #options: VoiceOptions;

  constructor(options: VoiceOptions = {}) {
    this.#options = options;
  }

  speak({ text, signal, heard }: Utterance): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { lang = document.documentElement.lang, name, rate = 1 } = this.#options;
    const utterance = new SpeechSynthesisUtterance(text);
    if (lang) utterance.lang = lang;
    utterance.rate = rate;
    utterance.voice = speechSynthesis.getVoices().find((voice) => voice.name === name) ?? null;
    return new Promise((resolve, reject) => {
      let sinceMs: number | null = null;
      let tellsWords = false;
      // Chromium forgets an utterance that nothing holds, and never ends it.
      const timer = setInterval(() => {
        void utterance.text;
        if (sinceMs !== null && !tellsWords)
          heard(Math.min(text.length - 1, Math.floor(((performance.now() - sinceMs) / 1000) * PACE * rate)));
      }, TICK_MS);
      const end = (settle: () => void): void => {
        clearInterval(timer);
        signal.removeEventListener('abort', stop);
        settle();
      };
      const stop = (): void => {
        speechSynthesis.cancel();
        end(resolve);
      };
      signal.addEventListener('abort', stop);
      utterance.addEventListener('start', () => (sinceMs = performance.now()));
      utterance.addEventListener('boundary', ({ charIndex }) => {
        tellsWords = true;
        // The word that begins here has not been heard yet.
        heard(charIndex);
      });
      utterance.addEventListener('end', () => end(resolve));
      utterance.addEventListener('error', ({ error }) =>
        end(() => {
          if (error === 'interrupted' || error === 'canceled') resolve();
          else reject(new CallError('voice_failed', `The browser does not read aloud: ${error}.`));
        }),
      );
      speechSynthesis.speak(utterance);
    });
  }
}
