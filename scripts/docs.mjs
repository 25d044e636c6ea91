// `npm run docs`: the documents as pages, into artifacts/site, by VitePress, which has a folder of its own (docs/site). A link that leads nowhere fails.
// `npm run docs -- dev` serves them as they are written.
import { readFile, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './lib/packages.mjs';
import { deadLinks } from './site/dead-links.mjs';
import { StepError, run } from './lib/process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'docs/site');
const out = join(root, 'artifacts/site');

async function main([command = 'build']) {
  await ensurePackages(site);
  await rm(out, { recursive: true, force: true });
  const vitepress = join(site, 'node_modules/vitepress/bin/vitepress.js');
  await run(process.execPath, [vitepress, command, site], { cwd: root, what: 'vitepress' });
  if (command === 'build') await checkLinks();
}

async function checkLinks() {
  const names = (await readdir(out, { recursive: true })).filter((name) => name.endsWith('.html'));
  const pages = new Map();
  for (const name of names) pages.set(`/${name}`, await readFile(join(out, name), 'utf8'));
  const dead = deadLinks(pages);
  for (const { page, link } of dead) console.error(`${page}: dead link ${link}`);
  if (dead.length > 0) throw new StepError(`${dead.length} links lead nowhere`);
  console.log(`vis-a-vis: ${pages.size} pages in ${relative(root, out)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(`vis-a-vis: ${error.message}`);
  process.exitCode = 1;
}
