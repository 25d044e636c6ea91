import type { TurnDetection } from '@vis-a-vis/protocol';

/** What a client may set in a session. `TurnDetection` keeps its wire names; `null` is manual (push to talk). */
export interface SessionConfig {
  readonly instructions: string;
  readonly maxOutputTokens: number | 'inf';
  readonly turnDetection: TurnDetection;
}
