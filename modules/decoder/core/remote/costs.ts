import { SAMPLE_RATE, type Segment } from '#modules/contracts';
import { SCREEN_MARK } from './messages.js';

/** What a server's model takes for things, in tokens, as it was measured at the start. */
export interface Costs {
  readonly frame: number;
  /** Of a sound of any length, and of each second more. */
  readonly sound: number;
  readonly second: number;
}

/** Of languages and tokenizers alike, roughly: a guess that errs on the side of too many. */
const CHARACTERS_A_TOKEN = 3.5;

export const textTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_A_TOKEN);

/**
 * Tokens that a segment puts into the context. An estimate: only the server counts, and it tells of whole requests.
 * @param samples of a final block: of all of its utterance
 */
export function costOf(segment: Segment, samples: number, costs: Costs): number {
  switch (segment.k) {
    case 'turn':
      return 1;
    case 'text':
      return textTokens(segment.text);
    case 'frame':
      return 1 + costs.frame + (segment.source === 'screen' ? textTokens(SCREEN_MARK) : 0);
    case 'audio':
      return segment.final ? 1 + Math.ceil(costs.sound + (samples / SAMPLE_RATE) * costs.second) : 0;
    case 'call':
      return 1 + textTokens(segment.name + segment.arguments);
    case 'result':
      return 1 + textTokens(segment.output);
  }
}
