import { deadLinks } from './dead-links.mjs';

const pages = (html) =>
  new Map([
    ['/docs/a.html', html],
    ['/docs/b.html', '<h2 id="über-uns">b</h2>'],
    ['/index.html', ''],
  ]);

describe('deadLinks', () => {
  test.each([
    '<a href="/docs/b.html">',
    '<a class="x" href="./b.html#über-uns">',
    '<a href="b#%C3%BCber-uns">',
    '<a href="/">',
    '<h1 id="top"><a href="#top">',
    '<a href="https://example.org/nowhere">',
    '<a href="mailto:a@example.org">',
  ])('takes %s', (html) => expect(deadLinks(pages(html))).toEqual([]));

  test.each([
    ['<a href="/docs/c.html">', '/docs/c.html'],
    ['<a href="b.html#nowhere">', 'b.html#nowhere'],
    ['<a href="#nowhere">', '#nowhere'],
    ['<a href="../docs/">', '../docs/'],
  ])('finds %s', (html, link) => expect(deadLinks(pages(html))).toEqual([{ page: '/docs/a.html', link }]));
});
