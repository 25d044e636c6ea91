import type { TurnTiming } from '#modules/conversation';
import { turnSpans, type SpanRecord } from './turn-spans.js';

const SPOKEN: TurnTiming = {
  type: 'turn_timing',
  responseId: 'resp_1',
  itemId: 'item_1',
  speechEndMs: 1000,
  lastSpeechPacketAtMs: 11_020,
  vadEndAtMs: 11_500,
  commitAtMs: 11_510,
  prefillMs: 40,
  firstTokenAtMs: 11_560,
  doneAtMs: 11_900,
  clockOffsetMs: 10_000,
  framesAttended: 3,
  outputTokens: 12,
  speculation: null,
};
const DONE = { status: 'completed', code: null };

/** `name start-end`, with what is inside of it indented. */
function drawn(span: SpanRecord, indent = ''): string[] {
  const line = `${indent}${span.name} ${span.startMs}-${span.endMs}`;
  return [line, ...span.children.flatMap((child) => drawn(child, `${indent}  `))];
}

describe('turnSpans', () => {
  it('has a stage from each stamp to the next', () => {
    expect(drawn(turnSpans(SPOKEN, 11_570, DONE))).toEqual([
      'turn 11000-11900',
      '  turn.endpointing 11000-11500',
      '  turn.decision 11500-11510',
      '  turn.prefill 11510-11550',
      '  turn.generation 11550-11900',
      '    turn.held 11560-11570',
    ]);
  });

  it('begins generation before the commit where the answer was begun ahead', () => {
    const speculation = { used: true, tries: 2, wastedTokens: 4, gainMs: 80 };
    const ahead = { ...SPOKEN, prefillMs: 0, firstTokenAtMs: 11_300, speculation };
    const turn = turnSpans(ahead, 11_512, DONE);
    expect(drawn(turn)).toEqual([
      'turn 11000-11900',
      '  turn.endpointing 11000-11500',
      '  turn.decision 11500-11510',
      '  turn.prefill 11510-11510',
      '  turn.generation 11300-11900',
      '    turn.held 11300-11512',
    ]);
    expect(turn.facts).toMatchObject({
      'visavis.turn.speculation.used': true,
      'visavis.turn.speculation.gain_ms': 80,
    });
  });

  it('leaves out what did not happen', () => {
    const typed = { ...SPOKEN, itemId: null, speechEndMs: null, vadEndAtMs: null, clockOffsetMs: null };
    const failed = { ...typed, prefillMs: null, firstTokenAtMs: null };
    const turn = turnSpans(failed, null, { status: 'failed', code: 'engine_failed' });
    expect(drawn(turn)).toEqual(['turn 11510-11900']);
    expect(turn.failed).toBe('engine_failed');
    expect(turn.moments).toEqual([{ name: 'commit', atMs: 11_510 }]);
    expect(drawn(turnSpans(typed, 11_570, DONE))[1]).toBe('  turn.prefill 11510-11550');
  });
});
