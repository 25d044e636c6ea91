/** What a sound is found to be; probabilities, 0..1. null: nobody here tells. */
export interface Judgement {
  /** Whoever speaks has finished where the sound ends. */
  readonly turnEnd: number | null;
  /** There is speech in it: not laughter, song, music or noise alone. */
  readonly speech: number | null;
}

/** Which of the models are there. */
export interface JudgeModels {
  readonly turnEnd: boolean;
  readonly speech: boolean;
}

/** Nothing is known. */
export const NO_JUDGEMENT: Judgement = { turnEnd: null, speech: null };

/** More (ms) of a sound is not listened to: its newest part is. */
export const MOST_JUDGED_MS = 8000;

/** Judges the sounds of one microphone. */
export interface SoundJudge {
  /**
   * @param pcm 16 kHz mono, a whole utterance so far; it is copied
   * @param wanted what is to be told, of what can be
   * @returns never rejects: where it cannot be told, `NO_JUDGEMENT`
   */
  judge(pcm: Float32Array, wanted: JudgeModels): Promise<Judgement>;
  close(): void;
}
