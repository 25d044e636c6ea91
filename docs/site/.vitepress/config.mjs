// The documents of the repository as pages. They stay where they are, and so do their links: the repository is VitePress's `srcDir`.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * A link to what is no page (a source, a folder, settings) is plain text there, and has to lead somewhere in the repository all the same.
 * Links to pages are VitePress's to check, and scripts/docs.mjs looks at all of them once more, with their anchors.
 */
function linksToSources(md) {
  const { link_open: render } = md.renderer.rules;
  md.renderer.rules.link_open = (...given) => {
    const [tokens, at, options, env, self] = given;
    const [path = ''] = (tokens[at].attrGet('href') ?? '').split('#');
    if (path === '' || /^([a-z]+:|\/)/.test(path) || path.endsWith('.md')) return render(...given);
    const file = join(ROOT, dirname(env.relativePath), decodeURI(path));
    if (!existsSync(file)) throw new Error(`${env.relativePath}: dead link ${path}`);
    tokens[at].attrs = [['title', relative(ROOT, file)]];
    tokens[at].tag = 'span';
    tokens.find(({ type }, place) => place > at && type === 'link_close').tag = 'span';
    return self.renderToken(tokens, at, options);
  };
}

/** As where the documents are read otherwise, so that the same anchors lead to the same places. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const page = (text, link) => ({ text, link: `/${link}` });

export default defineConfig({
  title: 'Vis-à-vis',
  description: 'Talk face to face with an omni-modal model: WebRTC in, streamed answers out.',
  srcDir: ROOT,
  srcExclude: [
    '!(bench|client-demo|docs|examples|models|packages|tools)/**/*',
    'docs/site/!(index.md)',
    '{bench,tools}/**/!(README).md',
    '**/{node_modules,dist,.venv}/**',
  ],
  rewrites: { 'docs/site/index.md': 'index.md' },
  outDir: join(ROOT, 'artifacts/site'),
  cacheDir: join(ROOT, 'artifacts/site-cache'),
  markdown: { anchor: { slugify }, config: linksToSources },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      page('Quickstart', 'docs/quickstart'),
      page('Protocol', 'docs/protocol'),
      page('Operations', 'docs/operations'),
    ],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('Vis-à-vis', 'README'),
          page('Quickstart', 'docs/quickstart'),
          page('Recipes', 'docs/recipes'),
          page('Examples', 'examples/README'),
          page('Clients of others', 'docs/clients'),
        ],
      },
      {
        text: 'Packages',
        items: ['client', 'react', 'gateway'].map((name) =>
          page(`@vis-a-vis/${name}`, `packages/${name}/README`),
        ),
      },
      {
        text: 'Reference',
        items: [
          page('The wire', 'docs/protocol'),
          page('Architecture', 'docs/architecture'),
          page('The model', 'models/visavis-pocket/README'),
          page('Beside the paper', 'docs/baichuan-omni'),
        ],
      },
      {
        text: 'Operations',
        items: [
          page('Operations', 'docs/operations'),
          page('Engines that others run', 'docs/engines'),
          page('From one machine to a fleet', 'docs/scaling'),
          page('Load tests', 'docs/load-test'),
          page('Performance', 'docs/performance'),
          page('Recording and replay', 'docs/replay'),
          page('A bot in a video call', 'docs/bot'),
        ],
      },
      {
        text: 'The project',
        items: [
          page('Contributing', 'CONTRIBUTING'),
          page('Decisions', 'docs/adr/README'),
          page('Tools and benches', 'tools/README'),
          page('Changes', 'CHANGELOG'),
        ],
      },
    ],
  },
});
