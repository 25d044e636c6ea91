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
      const answers = families.get(family)!.map(({ answer }) => answer);
      const passing = answers.filter((answer) => check(answer, keys, cats));
      expect([id, check('', keys, cats)]).toEqual([id, false]);
      expect(passing.every((answer) => extract(answer, cats).join() === keys.join())).toBe(true);
      expect(passing.length).toBeLessThan(answers.length);
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
});

describe('extract', () => {
  it('joins tens and units, but neither digits nor a unit that stands alone', () => {
    expect(extract('forty two', ['number'])).toEqual(['42']);
    expect(extract('forty and two', ['number'])).toEqual(['40', '2']);
    expect(extract('40 two', ['number'])).toEqual(['40', '2']);
    expect(extract('twenty 2', ['number'])).toEqual(['20', '2']);
    expect(extract('ninety nine three', ['number'])).toEqual(['99', '3']);
    expect(extract('there are no circles', ['number'])).toEqual(['0']);
  });

  it('takes only the first yes or no', () => {
    expect(extract('No, there is no star.', ['yesno'])).toEqual(['no']);
  });

  it('reads synonyms as one key, in the order of the text', () => {
    expect(extract('a violet star in the middle', ['position', 'shape', 'colour'])).toEqual([
      'purple',
      'star',
      'center',
    ]);
  });

  it('knows no other categories', () => {
    expect(() => extract('red', ['taste'])).toThrow('no category taste');
  });
});
