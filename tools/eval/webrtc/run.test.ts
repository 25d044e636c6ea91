import type { TestQuestion } from '../test-set.js';
import { webRtcReport, type CallOutcome } from './run.js';

function outcome(correct: boolean, framesAttended: number, failure: string | null = null): CallOutcome {
  const frames = [
    [0, 1],
    [1, 1],
  ];
  const question = { id: 'a', frames, history: [{ frames: frames.slice(1) }] } as unknown as TestQuestion;
  return { question, text: '', correct, framesAttended, failure };
}

describe('webRtcReport', () => {
  it('sets the calls beside the direct figure of the same questions', () => {
    const outcomes = [outcome(true, 3), outcome(true, 2), outcome(false, 3), outcome(false, 0, 'no answer')];
    expect(webRtcReport(outcomes, 3, 2)).toMatchObject({
      n: 4,
      accuracy: 0.5,
      direct: 0.75,
      differencePoints: -25,
      failed: 1,
      frames: { shown: 12, attended: 8 },
      calls: 2,
    });
  });

  it('of nothing says nothing', () => {
    expect(webRtcReport([], 0, 4)).toMatchObject({
      n: 0,
      accuracy: null,
      direct: null,
      differencePoints: null,
    });
  });
});
