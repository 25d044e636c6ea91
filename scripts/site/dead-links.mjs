/**
 * Links of built pages to pages, or to places in them, that are not there.
 * @param {Map<string, string>} pages HTML by its path from the root of the site: `/docs/a.html`
 * @returns {{page: string, link: string}[]}
 */
export function deadLinks(pages) {
  const places = new Map([...pages].map(([path, html]) => [path, placesIn(html)]));
  const dead = [];
  for (const [page, html] of pages) {
    for (const link of linksIn(html)) {
      const { pathname, hash } = new URL(link, `http://site${page}`);
      const found = places.get(pageAt(decodeURI(pathname)));
      const place = decodeURIComponent(hash.slice(1));
      if (!found || (place !== '' && !found.has(place))) dead.push({ page, link });
    }
  }
  return dead;
}

const pageAt = (path) => {
  if (path.endsWith('/')) return `${path}index.html`;
  return path.endsWith('.html') ? path : `${path}.html`;
};

const placesIn = (html) => new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));

/** Those within the site: not those that have a scheme or a host of their own, nor files. */
const linksIn = (html) =>
  [...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)]
    .map(([, link]) => link.replaceAll('&amp;', '&'))
    .filter((link) => !/^([a-z]+:|\/\/)/.test(link));
