import type { EngineSession, OmniEngine, Segment } from '#modules/contracts';

export interface Subject {
  readonly engine: OmniEngine;
  /** Its receipts and its usage count the same tokens: it is no server that counts, and a log that estimates. */
  readonly exact: boolean;
  stop?(): Promise<void>;
}

/** What the parts of the contract work with: an engine for all of them, a session for each test. */
export interface Bench {
  readonly exact: boolean;
  readonly engine: OmniEngine;
  readonly session: EngineSession;
  frame(id: string): Segment;
  /** Types a question, in a turn of its own. */
  ask(id: string): Promise<void>;
  /** What can be compared of two answers: servers send as many tokens at once as are there, and number what they send. */
  readonly said: (answer: { ids: number[]; text: string }) => unknown[];
}

export const edge = (id: string, at: 'open' | 'close'): Segment => ({
  k: 'turn',
  id,
  role: 'user',
  edge: at,
});
export const text = (id: string): Segment => ({ k: 'text', id, text: 'what color is the star' });
export const block = (id: string, samples: number, final: boolean): Extract<Segment, { k: 'audio' }> => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: Float32Array.from({ length: samples }, (_, index) => Math.sin(index * 0.1) * 0.1),
  final,
});
