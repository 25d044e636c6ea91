import type { Outcome } from './evaluate.js';
import { report, table } from './report.js';

function outcome(family: string, correct: boolean, more: Partial<Outcome> = {}): Outcome {
  const question = {
    id: `${family}-1`,
    family,
    synthesiser: 'espeak' as const,
    question: 'repeat one two',
    answer: 'One two.',
    keys: [],
    cats: [],
    frames: [],
    speech: [0, 1] as [number, number],
  };
  const ablated = { blind: false, deaf: false };
  return { question, text: 'one two', correct, ablated, oneShotIdentical: null, ...more };
}

const foreign = outcome('colour', true, { ablated: null });
const outcomes = [
  outcome('colour', true, { oneShotIdentical: true }),
  outcome('colour', false, { ablated: { blind: true, deaf: false }, oneShotIdentical: false }),
  outcome('repeat', true),
  outcome('repeat', false, { text: 'one' }),
  { ...foreign, question: { ...foreign.question, synthesiser: 'flite' as const } },
];

describe('report', () => {
  const result = report('model-1', outcomes);

  it('counts the held-out voices by family, with intervals', () => {
    expect(result.overall).toMatchObject({ n: 4, accuracy: 0.5, blind: 0.25, deaf: 0 });
    expect(Object.keys(result.families)).toEqual(['colour', 'repeat']);
    expect(result.families['colour']).toMatchObject({ n: 2, accuracy: 0.5, blind: 0.5 });
    expect(result.families['colour']!.low).toBeCloseTo(0.0945, 3);
    expect(result.families['colour']!.high).toBeCloseTo(0.9055, 3);
  });

  it('tells the ablations, the word error rate and the other synthesiser apart', () => {
    expect(result.ablations).toEqual({
      blind: { n: 4, accuracy: 0.25 },
      deaf: { n: 4, accuracy: 0 },
      oneShot: { n: 2, identical: 1 },
    });
    expect(result.asr.wer).toBe(0.25);
    expect(result.ood.flite).toEqual({ n: 1, accuracy: 1 });
  });

  it('says nothing about what was not asked', () => {
    const { overall, asr, ood } = report('model-1', []);
    expect([overall.accuracy, asr.wer, ood.flite.accuracy]).toEqual([null, null, null]);
  });

  it('is a table for people', () => {
    const lines = table(result).split('\n');
    expect(lines[1]).toMatch(/^colour +2 +50\.0% +9\.5% – *90\.5% +50\.0% +0\.0%$/);
    expect(lines.at(-1)).toMatch(/1 of 2 answers are identical$/);
  });
});
