/** What the voice activity detector needs to know; ms, and a probability. */
export interface DetectionSettings {
  readonly threshold: number;
  readonly prefixPaddingMs: number;
  /** From the true end of speech until the turn is over. */
  readonly silenceDurationMs: number;
  /** Silence after which the turn may be over. */
  readonly tentativePauseMs: number;
  /** Speech after which it is told that there has been so much of it; 0: it need not be told. */
  readonly bargeInMs: number;
}

/** How turns begin and end in a session that detects them. */
export interface TurnPolicy {
  /** As long as nothing is known about the end of the turn. */
  readonly detection: DetectionSettings;
  /** Answer at the end of speech without being asked to. */
  readonly createResponse: boolean;
  /** Speech during an answer cancels it. */
  readonly interruptResponse: boolean;
  /** Silence (ms) after an answer that makes the model speak again; null: never. */
  readonly idleTimeoutMs: number | null;
  /** The silence depends on what the model thinks, so it is to be asked in every pause. */
  readonly asksModel: boolean;
  /**
   * Silence (ms) that ends the turn, given the model's probability (0..1) that it is over where the sound stopped.
   * @param turnEnd null: the model has not said
   * @param speechMs speech of the turn so far
   */
  silenceMs(turnEnd: number | null, speechMs: number): number;
}

/** What the rules of all kinds are given beside the client's `turn_detection`. Durations are ms. */
export interface RuleOptions {
  readonly tentativePauseMs: number;
  readonly bargeInMs: number;
}
