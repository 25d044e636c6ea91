import type { NoiseKind } from '../../sounds/noises.js';

/**
 * What became of a question. `interrupted`: its answer had begun, and the caller spoke into it, as planned. `dismissed`: the server took it for
 * nobody's. `unheard`: no speech was detected. `no_answer`: it was heard, and nothing came of it in time. `call_ended`: the call did meanwhile.
 */
export type Outcome = 'answered' | 'interrupted' | 'dismissed' | 'unheard' | 'no_answer' | 'call_ended';

/** One question and what came of it. Durations (ms) are from the true end of its speech; null: that did not happen. */
export interface TurnRecord {
  readonly question: string;
  readonly pauseMs: number;
  readonly noise: NoiseKind | null;
  readonly endpointDelayMs: number;
  /** When the true end of its speech was, from the start of the run. */
  readonly atMs: number;
  readonly outcome: Outcome;
  /** Null: its answer is not to be judged. */
  readonly right: boolean | null;
  /** The server took it for ended before its true end. */
  readonly cutOff: boolean;
  readonly stoppedMs: number | null;
  readonly committedMs: number | null;
  readonly firstTextMs: number | null;
  readonly doneMs: number | null;
  /** By the server (`visavis.turn.timing`). */
  readonly serverCommitToFirstMs: number | null;
  /** It was spoken into an answer: from its first packet until that answer was cut off. */
  readonly bargeIn: { readonly stoppedMs: number | null } | null;
}

/** One call. Times are ms from the start of the run. */
export interface CallRecord {
  readonly n: number;
  readonly atMs: number;
  /** From the offer to its answer, and until events could be sent. */
  readonly answeredMs: number | null;
  readonly connectedMs: number | null;
  readonly endedAtMs: number;
  /** Code of what kept the call from being opened; null: nothing did. */
  readonly connectFailure: string | null;
  /** Code of what ended the call before its caller left, or of the first error that the server told. */
  readonly failure: string | null;
  readonly turns: readonly TurnRecord[];
}

/** How late the generator was. */
export interface Lateness {
  /** Of its event loop. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Of audio packets, against the clock of their stream. */
  readonly pacingP99Ms: number;
  readonly pacingMaxMs: number;
}
