import type { Outcome } from './evaluate.js';
import { report } from './report.js';
import { table } from './table.js';
import type { TestQuestion } from './test-set.js';

interface Given extends Partial<Omit<Outcome, 'question'>> {
  readonly question?: Partial<TestQuestion>;
}

function outcome(family: string, correct: boolean, { question, ...more }: Given = {}): Outcome {
  return {
    question: {
      id: `${family}-1`,
      family,
      lang: 'en',
      synthesiser: 'espeak',
      question: 'repeat one two',
      answer: 'One two.',
      keys: ['one'],
      cats: [],
      frames: [],
      speech: [0, 1],
      history: [],
      ...question,
    },
    text: 'one two',
    correct,
    ablated: { blind: false, deaf: false },
    oneShotIdentical: null,
    turnEnd: null,
    ...more,
  };
}

const outcomes = [
  outcome('colour', true, { oneShotIdentical: true, question: { keys: ['red'] } }),
  outcome('colour', false, {
    ablated: { blind: true, deaf: false },
    oneShotIdentical: false,
    turnEnd: { whole: 0.9, cut: 0.1 },
    question: { keys: ['blue'] },
  }),
  outcome('repeat', true, { turnEnd: { whole: 0.5, cut: 0.6 } }),
  outcome('repeat', false, { text: 'one', ablated: null }),
  outcome('colour', true, { ablated: null, question: { synthesiser: 'flite' } }),
  outcome('repeat.zh', true, { text: '一二', ablated: null, question: { lang: 'zh', answer: '一二三四。' } }),
  outcome('translate', true, { text: '红', ablated: null, question: { answer: '红' } }),
  outcome('translate.zh', true, {
    text: 'red',
    ablated: null,
    question: { lang: 'zh', answer: 'green' },
  }),
];

describe('report', () => {
  const result = report('model-1', outcomes);

  it('counts the held-out voices by family and language, with intervals', () => {
    expect(result.overall).toMatchObject({ n: 7, accuracy: 5 / 7, ablated: 3, blind: 1 / 3, deaf: 0 });
    expect(Object.keys(result.families)).toEqual([
      'colour',
      'repeat',
      'repeat.zh',
      'translate',
      'translate.zh',
    ]);
    expect(result.families['colour']).toMatchObject({ n: 2, accuracy: 0.5, guess: 0.5, blind: 0.5 });
    expect(result.families['colour']!.low).toBeCloseTo(0.0945, 3);
    expect(result.families['colour']!.high).toBeCloseTo(0.9055, 3);
    expect(result.languages['zh']).toMatchObject({ n: 2, accuracy: 1 });
  });

  it('sets the ablations beside guessing, and judges blindness where eyes are needed', () => {
    expect(result.ablations).toEqual({
      blind: { n: 2, accuracy: 0.5, guess: 0.5 },
      deaf: { n: 3, accuracy: 0, guess: 6 / 7 },
      oneShot: { n: 2, identical: 1 },
    });
  });

  it('tells words from characters, and the ways of translation apart', () => {
    expect(result.asr).toEqual({
      wer: 0.25,
      cer: 0.5,
      families: {
        repeat: { n: 2, unit: 'word', rate: 0.25 },
        'repeat.zh': { n: 1, unit: 'character', rate: 0.5 },
      },
    });
    expect(result.s2tt).toEqual({ en2zh: { n: 1, bleu: 100 }, zh2en: { n: 1, bleu: 0 } });
  });

  it('knows how well ends of turns are told, and the other synthesiser', () => {
    expect(result.turnEnd).toEqual({ n: 2, auc: 0.75 });
    expect(result.ood.flite).toMatchObject({ n: 1, accuracy: 1 });
  });

  it('says nothing about what was not asked', () => {
    const { overall, asr, ood, ablations, s2tt, turnEnd } = report('model-1', []);
    expect([overall.accuracy, overall.guess, asr.wer, asr.cer, ood.flite.accuracy]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect([ablations.blind.accuracy, s2tt.en2zh.bleu, turnEnd.auc]).toEqual([null, null, null]);
  });
});

describe('table', () => {
  it('is for people', () => {
    const lines = table(report('model-1', outcomes)).split('\n');
    expect(lines[1]).toMatch(/^colour +2 +50\.0% +9\.5% – *90\.5% +50\.0% +50\.0% +0\.0% +2$/);
    expect(lines).toContainEqual(expect.stringMatching(/1 of 2 answers are identical$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^character error rate \(repeat\.zh\): +50\.0% of 1$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^of them zh +2 +100\.0%/));
    expect(lines).toContainEqual(expect.stringMatching(/^end of turn, AUC: +0\.750 of 2$/));
  });

  it('leaves out what was not asked', () => {
    const text = table(report('model-1', [outcome('colour', true)]));
    expect(text).not.toMatch(/AUC|BLEU|error rate|of them/);
  });
});
