import { guessable, isRecognition, isTranslation, kindOf, needsEyes } from './families.js';
import type { TestQuestion } from './test-set.js';

describe('families', () => {
  it('are of a kind in any language', () => {
    expect([kindOf('colour.zh'), kindOf('colour')]).toEqual(['colour', 'colour']);
    expect(['colour.zh', 'count', 'sums.zh', 'repeat', 'absent'].map(needsEyes)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([isRecognition('recall.zh'), isRecognition('ocr')]).toEqual([true, false]);
    expect([isTranslation('translate.zh'), isTranslation('chat')]).toEqual([true, false]);
  });
});

describe('guessable', () => {
  const asked = (...keys: string[]) => ({ keys }) as unknown as TestQuestion;

  it('counts the most frequent answer', () => {
    expect(guessable([asked('red'), asked('blue'), asked('red'), asked('red', 'blue')])).toBe(2);
    expect(guessable([])).toBe(0);
  });
});
