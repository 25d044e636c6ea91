import type { AudioClip } from '@vis-a-vis/client/node';

/** Makes sound of words. */
export interface Synthesiser {
  /**
   * @param text a sentence or so
   * @param signal gives it up
   * @throws Error where there is no sound of it, or it was given up
   */
  speak(text: string, signal: AbortSignal): Promise<AudioClip>;
}
