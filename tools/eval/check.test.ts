import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.js';
import { check, extract, words } from './check.js';
import type { TestQuestion } from './test-set.js';

const { questions } = JSON.parse(readFileSync(join(REPOSITORY, 'tools/eval/set/set.json'), 'utf8')) as {
  questions: TestQuestion[];
};

describe('the test set', () => {
  it('has no question whose own answer fails', () => {
    const failing = questions.filter(({ answer, keys, cats }) => !check(answer, keys, cats));
    expect(failing.map(({ id }) => id)).toEqual([]);
    expect(questions.length).toBeGreaterThanOrEqual(600);
  });

  it('has no question that is passed by silence, or by the answer to another one', () => {
    const families = Map.groupBy(questions, ({ family }) => family);
    for (const { id, family, keys, cats } of questions) {
      // Outside of the world there is one answer to everything: it is set against the answers of another family.
      const others = family.startsWith('outside') ? family.replace('outside', 'chat') : family;
      const answers = new Set(families.get(others)!.map(({ answer }) => answer));
      const passing = [...answers].filter((answer) => check(answer, keys, cats));
      expect([id, check('', keys, cats)]).toEqual([id, false]);
      expect(passing.length).toBeLessThan(answers.size);
    }
  });

  it('fails what is wrong in one word, and passes what is only said otherwise', () => {
    const wanted = [
      ['red', 'star', 'top', 'left'],
      ['colour', 'shape', 'position'],
    ] as const;
    expect(check('It is a small red star, at the upper left.', ...wanted)).toBe(true);
    expect(check('A blue star at the top left.', ...wanted)).toBe(false);
    expect(check('A red star at the left.', ...wanted)).toBe(false);
    expect(check('A red star at the top left and a heart.', ...wanted)).toBe(false);
  });
});

describe('words', () => {
  it('parts at punctuation and hyphens, and keeps apostrophes', () => {
    expect(words('Forty-two. I DON\u2019T know: 7!')).toEqual(['forty', 'two', 'i', "don't", 'know', '7']);
  });

  it('parts Chinese at the longest known word, at numerals, and else at each character', () => {
    expect(words('红色的圆形在左上角，四十二个')).toEqual([
      '红色',
      '的',
      '圆形',
      '在',
      '左上角',
      '四十二',
      '个',
    ]);
  });
});

describe('extract', () => {
  // The same file is read by training/tests/test_check.py: it holds the two implementations together.
  const cases = JSON.parse(readFileSync(join(REPOSITORY, 'training/tests/check_cases.json'), 'utf8')) as [
    text: string,
    categories: string[],
    keys: string[],
  ][];

  it.each(cases)('%j in %j', (text, categories, keys) => {
    expect(extract(text, categories)).toEqual(keys);
  });

  it('knows no other categories', () => {
    expect(() => extract('red', ['taste'])).toThrow('no category taste');
  });
});
