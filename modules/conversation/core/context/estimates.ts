import type { EngineCaps, Segment } from '#modules/contracts';
import type { AppendKind } from './context-ledger.js';
import type { Write } from './writes.js';

const SAMPLES_PER_MS = 16;

/** What an append is expected to take. `ptsMs`: media clock; 0 where the kind has no time. */
export interface Estimate {
  readonly kind: AppendKind;
  readonly tokens: number;
  readonly ptsMs: number;
}

export function estimate(segment: Segment, caps: EngineCaps): Estimate {
  switch (segment.k) {
    case 'turn':
      return { kind: 'edge', tokens: 1, ptsMs: 0 };
    case 'text':
      return { kind: 'question', tokens: textTokens(segment.text), ptsMs: 0 };
    case 'call':
    case 'result':
      return { kind: 'question', tokens: textTokens(toolText(segment)), ptsMs: 0 };
    case 'frame':
      return { kind: 'frame', tokens: caps.tokensPerFrame + 1, ptsMs: segment.ptsMs };
    case 'audio': {
      const tokens = audioTokens(segment.pcm.length / SAMPLES_PER_MS, caps);
      return { kind: 'question', tokens, ptsMs: segment.ptsMs };
    }
  }
}

/** Tokens that a write needs room for. Pictures and what is spoken are fitted in when they come, old ones going. */
export function tokensOf(write: Write, caps: EngineCaps): number {
  switch (write.k) {
    case 'message':
      return textTokens(write.text) + 1;
    case 'question':
    case 'tool':
      return estimate(write.segment, caps).tokens;
    case 'frame':
    case 'utterance':
      return 0;
  }
}

export function audioTokens(durationMs: number, caps: EngineCaps): number {
  return Math.ceil((durationMs / 1000) * caps.audioTokensPerSecond) + 1;
}

/** On the safe side: a token is rarely shorter than two characters. */
function textTokens(text: string): number {
  return Math.ceil(text.length / 2);
}

function toolText(segment: Extract<Segment, { k: 'call' | 'result' }>): string {
  return segment.k === 'call' ? segment.name + segment.arguments : segment.output;
}
