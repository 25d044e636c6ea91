import * as fc from 'fast-check';
import { Sentences } from './sentences.js';

const cut = (...pieces: string[]): string[] => {
  const sentences = new Sentences();
  const found = pieces.flatMap((piece) => sentences.push(piece));
  return [...found, ...sentences.flush()].map(({ text }) => text);
};

describe('Sentences', () => {
  it.each([
    [
      'at a full stop, once something follows',
      ['It is red. It', ' is round.'],
      ['It is red.', ' It is round.'],
    ],
    ['with the quotes behind it', ['"Is it?" she said. Yes.'], ['"Is it?"', ' she said.', ' Yes.']],
    ['not inside of numbers', ['It is 3.5 m wide.'], ['It is 3.5 m wide.']],
    ['not behind abbreviations', ['Dr. Who met Mr. Bean. Then'], ['Dr. Who met Mr. Bean.', ' Then']],
    ['not behind the number of a list', ['1. Take it. 2. Go.'], ['1. Take it.', ' 2. Go.']],
    ['at lines', ['one\ntwo'], ['one\n', 'two']],
    [
      'in Chinese, without a space',
      ['桌上有三个图形。它们', '是红色的！'],
      ['桌上有三个图形。', '它们是红色的！'],
    ],
    ['nowhere in white space', ['  \n '], []],
  ])('cuts %s', (_name, pieces, expected) => {
    expect(cut(...pieces)).toEqual(expected);
  });

  it('leaves nothing out, however the text comes, and says where each is', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '.', '!', ' ', '\n', '"', '1', '。') });
    fc.assert(
      fc.property(fc.array(text), (pieces) => {
        const sentences = new Sentences();
        const found = pieces.flatMap((piece) => sentences.push(piece));
        const all = [...found, ...sentences.flush()];
        const whole = pieces.join('');
        for (const { text: one, start, end } of all) expect(whole.slice(start, end)).toBe(one);
        const said = all.map(({ text: one }) => one).join('');
        expect(whole.startsWith(said)).toBe(true);
        expect(whole.slice(said.length).trim()).toBe('');
      }),
    );
  });
});
