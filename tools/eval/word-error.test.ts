import { wordErrorRate, wordErrors } from './word-error.js';

describe('wordErrors', () => {
  it('counts substitutions, omissions and insertions', () => {
    expect(wordErrors('one two three', 'one too three')).toEqual({ errors: 1, words: 3 });
    expect(wordErrors('one two three', 'one three')).toEqual({ errors: 1, words: 3 });
    expect(wordErrors('one two three', 'one two and three')).toEqual({ errors: 1, words: 3 });
    expect(wordErrors('one two three', '')).toEqual({ errors: 3, words: 3 });
    expect(wordErrors('', 'one two')).toEqual({ errors: 2, words: 0 });
  });

  it('hears neither case nor punctuation', () => {
    expect(wordErrors('The slow grass.', 'the slow, grass')).toEqual({ errors: 0, words: 3 });
  });
});

describe('wordErrorRate', () => {
  it('weighs answers by their words', () => {
    expect(
      wordErrorRate([
        { errors: 1, words: 2 },
        { errors: 0, words: 8 },
      ]),
    ).toBe(0.1);
    expect(wordErrorRate([])).toBeNull();
  });
});
