import type { Segment } from '#modules/contracts';

/**
 * How long the parts are said to take (ms). A gateway's own times are nobody's business here: a replay must come to the same on every
 * machine. They are about what the shipped model takes on a desktop core.
 */
export interface Pace {
  /** Of one window of the detector, of one judgement of a sound. */
  readonly vadMs: number;
  readonly judgeMs: number;
  /** Of one frame in the video decoder, of one still picture. */
  readonly frameMs: number;
  readonly imageMs: number;
  /** Of an engine session: opening it, putting a segment in, anything else that changes it. */
  readonly openMs: number;
  readonly appendMs: Readonly<Record<Segment['k'], number>>;
  readonly changeMs: number;
  /** From the asking to the first token, and from token to token. */
  readonly firstTokenMs: number;
  readonly tokenMs: number;
}

export const DEFAULT_PACE: Pace = {
  vadMs: 4,
  judgeMs: 40,
  frameMs: 8,
  imageMs: 20,
  openMs: 10,
  appendMs: { turn: 1, text: 2, frame: 60, audio: 15, call: 2, result: 2 },
  changeMs: 2,
  firstTokenMs: 20,
  tokenMs: 20,
};
