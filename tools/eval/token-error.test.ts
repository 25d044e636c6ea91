import { errorRate, tokenErrors } from './token-error.js';

describe('tokenErrors', () => {
  it('counts substitutions, omissions and insertions', () => {
    expect(tokenErrors('one two three', 'one too three')).toEqual({ errors: 1, tokens: 3 });
    expect(tokenErrors('one two three', 'one three')).toEqual({ errors: 1, tokens: 3 });
    expect(tokenErrors('one two three', 'one two and three')).toEqual({ errors: 1, tokens: 3 });
    expect(tokenErrors('one two three', '')).toEqual({ errors: 3, tokens: 3 });
    expect(tokenErrors('', 'one two')).toEqual({ errors: 2, tokens: 0 });
  });

  it('hears neither case nor punctuation', () => {
    expect(tokenErrors('The slow grass.', 'the slow, grass')).toEqual({ errors: 0, tokens: 3 });
  });

  it('counts characters of Chinese', () => {
    expect(tokenErrors('桌上有一颗星星。', '桌上有颗星')).toEqual({ errors: 2, tokens: 7 });
  });
});

describe('errorRate', () => {
  it('weighs answers by their tokens', () => {
    expect(
      errorRate([
        { errors: 1, tokens: 2 },
        { errors: 0, tokens: 8 },
      ]),
    ).toBe(0.1);
    expect(errorRate([])).toBeNull();
  });
});
