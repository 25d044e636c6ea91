import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ERRORS } from '#modules/contracts';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { CallError } from '@vis-a-vis/client';
import { build } from 'esbuild';
import { publint } from 'publint';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAX_GZIP_BYTES = 15_000;
/** ESM alone is shipped: what is asked for by `require`, or by a resolution older than `exports`, is not there. */
const NOT_SHIPPED = ['node10', 'node16-cjs'];

async function bundle(entry: string, platform: 'browser' | 'node') {
  const result = await build({
    entryPoints: [join(ROOT, 'packages/client/dist', entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    external: ['werift', 'libopus-wasm', 'prism-media'],
    metafile: true,
    write: false,
  });
  const [file] = result.outputFiles;
  return {
    bytes: gzipSync(file?.contents ?? '', { level: 9 }).length,
    files: Object.keys(result.metafile.inputs),
  };
}

/** Real: the packages as they were built, esbuild, npm pack, publint, attw. */
describe('what is published', () => {
  it(`is at most ${MAX_GZIP_BYTES} bytes in a page, and brings nothing of others`, async () => {
    const { bytes, files } = await bundle('browser/index.js', 'browser');
    console.log(`@vis-a-vis/client in a page: ${bytes} bytes (minified, gzip)`);
    expect(bytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
    expect(bytes).toBeGreaterThan(5000);
    expect(files.filter((file) => !file.startsWith('packages/client/dist/'))).toEqual([]);
  });

  it('is the same in Node, by name', async () => {
    const [browser, node] = await Promise.all(
      ['browser/index.js', 'node/main.js'].map(
        (file) => import(join(ROOT, 'packages/client/dist', file)) as Promise<object>,
      ),
    );
    expect(Object.keys(node ?? {}).sort()).toEqual(Object.keys(browser ?? {}).sort());
    expect(Object.keys(browser ?? {})).toContain('connect');
  });

  it.each(['client', 'protocol', 'react'])('%s is packed as publint and attw want it', async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'vis-a-vis-pack-'));
    try {
      const pkgDir = join(ROOT, 'packages', name);
      const pack = promisify(execFile)('npm', ['pack', '--silent', `--pack-destination=${folder}`], {
        cwd: pkgDir,
      });
      const { stdout } = await pack;
      const file = await readFile(join(folder, stdout.trim()));
      const tarball = new Uint8Array(file).buffer;
      const { messages } = await publint({ pkgDir: 'package', pack: { tarball }, strict: true });
      expect(messages).toEqual([]);
      const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(file)));
      if (checked.types === false) throw new Error('it has no types');
      const problems = checked.problems.filter(
        (problem) => !('resolutionKind' in problem && NOT_SHIPPED.includes(problem.resolutionKind)),
      );
      expect(problems).toEqual([]);
      expect(Object.keys(checked.entrypoints)).toContain('.');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('CallError', () => {
  it('tells of each code of the gateway’s whether it is of use to try again', () => {
    const ours = Object.keys(ERRORS).map((code) => [code, new CallError(code, '').retryable]);
    expect(ours).toEqual(Object.entries(ERRORS).map(([code, { retryable }]) => [code, retryable]));
  });
});
