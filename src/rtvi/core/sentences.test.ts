import { Sentences } from './sentences.js';

const cut = (...pieces: string[]) => {
  const sentences = new Sentences();
  const whole = pieces.flatMap((piece) => sentences.push(piece));
  return [whole, sentences.end()];
};

test.each<[string, string[], string[], string | null]>([
  ['one', ['A red star.'], [], 'A red star.'],
  ['two', ['A star. ', 'A circle.'], ['A star. '], 'A circle.'],
  ['a mark apart', ['A star', '.', ' ', 'Yes'], ['A star. '], 'Yes'],
  ['numbers', ['It is 3.5 or 4'], [], 'It is 3.5 or 4'],
  ['marks in a row', ['What?', '!', ' "No." ', 'Yes'], ['What?! ', '"No." '], 'Yes'],
  ['Mandarin', ['有三个。', '红的。', '好'], ['有三个。', '红的。'], '好'],
  ['lines', ['one\n', 'two'], ['one\n'], 'two'],
  ['nothing', [''], [], null],
  ['blanks', [' ', '\n'], [], null],
])('%s', (_what, pieces, whole, rest) => {
  expect(cut(...pieces)).toEqual([whole, rest]);
});

test('however it is cut into pieces, the sentences are the same, and nothing is lost', () => {
  const text = 'There are two. One is red! 有一个。Is it 3.5 "big?" Yes…\nNo';
  const atOnce = cut(text);
  for (let size = 1; size < text.length; size += 1) {
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];
    expect(cut(...pieces)).toEqual(atOnce);
  }
  expect([...(atOnce[0] as string[]), atOnce[1]].join('')).toBe(text);
});

test('what ends nowhere is cut, and nothing of it is lost', () => {
  const [whole, rest] = cut(...Array.from({ length: 1000 }, () => 'a star '));
  expect(whole).toHaveLength(3);
  expect([...(whole as string[]), rest].join('')).toBe('a star '.repeat(1000));
});
