import { sentencesOf } from './sentences.js';

describe('sentencesOf', () => {
  it.each([
    ['The star is red.', ['The star is red.']],
    ['Yes!  It is red. \n Is that all?', ['Yes!', 'It is red.', 'Is that all?']],
    ['星是红色的。三个。', ['星是红色的。', '三个。']],
    [' … ', []],
    ['', []],
  ])('%j', (text, sentences) => {
    expect(sentencesOf(text)).toEqual(sentences);
  });

  it('cuts what is long, and between words', () => {
    const pieces = sentencesOf('word '.repeat(1000));
    expect(pieces.join(' ')).toMatch(/^(word ?)+$/);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(200);
    expect(pieces.join(' ').length).toBeLessThanOrEqual(600);
    expect(sentencesOf('x'.repeat(450)).map(({ length }) => length)).toEqual([200, 200, 50]);
  });
});
