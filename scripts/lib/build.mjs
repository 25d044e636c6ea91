import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError, run } from './process.mjs';

/** What the build is made from; a change in any of these makes it out of date. */
const SOURCES = [
  'src',
  'modules',
  'bench',
  'tools',
  'client-demo',
  'docs/page',
  'docs/openapi.yaml',
  'docs/asyncapi.yaml',
  'packages/protocol/src',
  'packages/protocol/package.json',
  'packages/protocol/tsconfig.json',
  'packages/client/src',
  'packages/client/package.json',
  'packages/client/tsconfig.json',
  'packages/react/src',
  'packages/react/package.json',
  'packages/react/tsconfig.json',
  'packages/react/tsconfig.build.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/lib/build.mjs',
];

/** Inside those folders, but no part of what is built: tests, the data of the evaluation, and Pythons. */
const NOT_BUILT = /\.test\.|[/\\](?:\.venv|eval[/\\](?:set|natural)|sounds[/\\](?:phrases|make))[/\\]/;

/** In order: each package's declarations are what the next step is checked against. */
const TSC_PROJECTS = [
  'packages/protocol',
  'packages/client',
  'packages/react/tsconfig.build.json',
  'tsconfig.build.json',
];

/** Builds `dist/` and the packages' `dist/` unless they were built from exactly these sources. */
export async function ensureBuild(root) {
  const stamp = join(root, 'dist', '.built-from');
  const hash = await hashOf(root, SOURCES);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === hash) return;

  const startedAt = performance.now();
  for (const out of ['dist', 'packages/protocol/dist', 'packages/client/dist', 'packages/react/dist']) {
    await rm(join(root, out), { recursive: true, force: true });
  }
  for (const project of TSC_PROJECTS) await tsc(root, project);
  await buildPage(root);
  await buildDocs(root);
  await writeFile(stamp, hash);
  console.log(`vis-a-vis: built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

function tsc(root, project) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return run(process.execPath, [compiler, '-p', join(root, project)], {
    cwd: root,
    what: `build of ${project}`,
  });
}

/** Of the demo page, what is served as it is. */
const PAGE_ASSETS = ['index.html', 'check.html', 'check.css', 'icon.svg', 'questions'];

/** The demo page: its scripts bundled with the client package, its styles with their font, everything else copied as it is. */
async function buildPage(root) {
  const from = join(root, 'client-demo');
  const to = join(root, 'dist', 'client-demo');
  const { build } = await import('esbuild');
  await mkdir(to, { recursive: true });
  const result = await build({
    entryPoints: ['main.ts', 'check.ts', 'style.css'].map((name) => join(from, name)),
    outdir: to,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.woff2': 'file' },
    assetNames: '[name]',
    sourcemap: true,
    logLevel: 'error',
  }).catch((error) => {
    throw new StepError(`bundling of client-demo failed (${error.message})`);
  });
  for (const warning of result.warnings) console.warn(`vis-a-vis: client-demo: ${warning.text}`);
  for (const name of PAGE_ASSETS) await cp(join(from, name), join(to, name), { recursive: true });
  // The font's licence asks to be beside it.
  const font = join(root, 'node_modules', '@fontsource-variable', 'inter');
  await cp(join(font, 'LICENSE'), join(to, 'inter-LICENSE.txt'));
}

/** The API page: a viewer from its package, what it shows, and what starts it. Nothing of it is fetched from anywhere else. */
async function buildDocs(root) {
  const to = join(root, 'dist', 'docs');
  await mkdir(to, { recursive: true });
  await cp(join(root, 'docs', 'page'), to, { recursive: true });
  for (const name of ['openapi.yaml', 'asyncapi.yaml']) await cp(join(root, 'docs', name), join(to, name));
  const viewer = join(root, 'node_modules', 'swagger-ui-dist');
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
    await cp(join(viewer, name), join(to, name));
}

/** A digest over names and contents, so that a checkout that only touches times does not cause a build. */
export async function hashOf(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesUnder(root, path)) {
      hash.update(file).update('\0');
      hash.update(await readFile(join(root, file))).update('\0');
    }
  }
  return hash.digest('hex');
}

async function filesUnder(root, path) {
  try {
    const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !NOT_BUILT.test(join(entry.parentPath, entry.name)))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length)
          .replace(/^[/\\]/, ''),
      )
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
