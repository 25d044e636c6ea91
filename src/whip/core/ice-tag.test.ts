import { iceTag, readPrecondition } from './ice-tag.js';

test.each<[string | undefined, ReturnType<typeof readPrecondition>]>([
  [undefined, 'missing'],
  [' ', 'missing'],
  ['*', 'any'],
  [iceTag('abcd'), ['"abcd"']],
  ['"a", "b"', ['"a"', '"b"']],
  ['W/"abcd"', ['W/"abcd"']],
  ['abcd', []],
])('%j', (header, read) => {
  expect(readPrecondition(header)).toEqual(read);
});

test('a weak tag is not the strong one', () => {
  expect(readPrecondition('W/"abcd"')).not.toContain(iceTag('abcd'));
});
