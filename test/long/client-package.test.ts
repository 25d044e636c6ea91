import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES = 'test/fixtures/e2e';
const readme = (name: string) => readFile(join(ROOT, 'packages', name, 'README.md'), 'utf8');
const [README, REACT_README] = await Promise.all([readme('client'), readme('react')]);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' } as Readonly<Record<string, string>>;
const exec = promisify(execFile);

/** The code blocks of a README in that language. */
const blocks = (language: string, text = README): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code ?? '');

/** Real: the packages as npm packs them, in a project outside of the repository; tsc, Vite, Chromium, the built gateway and its model. */
describe('a project of somebody who has read the README', () => {
  let folder: string;
  let server: Server;
  let gateway: Gateway;
  let browser: Browser;
  let origin: string;
  const asked = readFile(join(ROOT, FIXTURES, 'question.json'), 'utf8').then(
    (text) => JSON.parse(text) as { keys: string[] },
  );
  const npx = (...args: string[]) =>
    exec('npx', ['--no-install', ...args], { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vis-a-vis-project-'));
    await exec('npm', ['pack', '--silent', '--workspaces', `--pack-destination=${folder}`], { cwd: ROOT });
    const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), '{"name":"project","private":true,"type":"module"}');
    const packages = [
      ...tarballs.map((name) => `./${name}`),
      'vite@8.4.0',
      'typescript@6.0.3',
      '@types/node@24.19.2',
      'react@19.3.1',
      'react-dom@19.3.1',
      '@types/react@19.3.3',
    ];
    await exec(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
      { cwd: folder },
    );
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      readFile(join(folder, path)).then(
        (file) => response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(file),
        () => response.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    gateway = await Gateway.start({ VISAVIS_CORS_ORIGINS: origin });
    browser = await launchChromium({ video: `${FIXTURES}/table.mjpeg`, audio: `${FIXTURES}/question.wav` });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns what the page's caption says once the question has been answered */
  async function caption(path: string, place = '#caption'): Promise<string> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    try {
      await page.goto(`${origin}/${path}`);
      await page.getByRole('button').first().click();
      await page.locator(place, { hasText: /\w.*\./ }).waitFor({ timeout: 60_000 });
      expect(complaints).toEqual([]);
      return await page.locator(place).innerText();
    } finally {
      await page.close();
    }
  }
  const page = () => (blocks('html')[0] ?? '').replace('http://127.0.0.1:8080', gateway.url);

  it('is a page of at most 15 lines, with captions, as plain as it stands', async () => {
    expect(page().trim().split('\n').length).toBeLessThanOrEqual(15);
    await writeFile(join(folder, 'plain.html'), page());
    const text = await caption('plain.html');
    for (const key of (await asked).keys) expect(text).toContain(key);
  });

  it('is the same page built by Vite, from the name of the package', async () => {
    const [before, script, after] = page().split(/<script type="module">|<\/script>/);
    await writeFile(
      join(folder, 'index.html'),
      `${before}<script type="module" src="./page.js"></script>${after}`,
    );
    await writeFile(
      join(folder, 'page.js'),
      (script ?? '').replace(
        "'/node_modules/@vis-a-vis/client/dist/browser/index.js'",
        "'@vis-a-vis/client'",
      ),
    );
    await npx('vite', 'build', '--base=./', '--logLevel=error');
    const text = await caption('dist/index.html');
    for (const key of (await asked).keys) expect(text).toContain(key);
  });

  it('is the React example, built by Vite', async () => {
    const example = join(folder, 'react');
    await cp(join(ROOT, 'examples/react'), example, { recursive: true });
    const main = join(example, 'main.jsx');
    await writeFile(main, (await readFile(main, 'utf8')).replace('http://127.0.0.1:8080', gateway.url));
    await npx('vite', 'build', 'react', '--base=./', '--logLevel=error');
    const text = await caption('react/dist/index.html', '[data-part=answer]');
    for (const key of (await asked).keys) expect(text).toContain(key);
  });

  it.each(['node16', 'bundler'])('type-checks under moduleResolution %s', async (moduleResolution) => {
    const isNode = moduleResolution === 'node16';
    const sources = join(folder, 'src');
    await rm(sources, { recursive: true, force: true });
    await mkdir(sources, { recursive: true });
    const codes = [...blocks('ts'), ...(isNode ? blocks('js') : [])];
    expect(codes.length).toBeGreaterThanOrEqual(3);
    await Promise.all(codes.map((code, i) => writeFile(join(sources, `block-${i}.ts`), code)));
    const views = blocks('tsx', REACT_README);
    expect(views).toHaveLength(3);
    await Promise.all(views.map((code, i) => writeFile(join(sources, `view-${i}.tsx`), code)));
    // What nobody should be able to write.
    await writeFile(
      join(sources, 'wrong.ts'),
      "import { connect } from '@vis-a-vis/client';\n// @ts-expect-error -- there is no such option\nawait connect({ mikrophone: true });\n",
    );
    const config = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'es2022',
        jsx: 'react-jsx',
        module: isNode ? 'node16' : 'esnext',
        moduleResolution,
        lib: isNode ? ['es2022'] : ['es2022', 'dom', 'dom.iterable'],
        types: isNode ? ['node'] : [],
        // Ours are checked where werift's, which miss some of what they import, are not among them.
        skipLibCheck: isNode,
      },
      include: ['src'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const outcome = await npx('tsc', '-p', '.').catch((error: { stdout: string }) => error);
    expect(outcome.stdout).toBe('');
  });

  it('is the Node script, which asks aloud about what it shows', async () => {
    const [script = ''] = blocks('js');
    await writeFile(join(folder, 'script.js'), script.replace('http://127.0.0.1:8080', gateway.url));
    await symlink(join(ROOT, 'test/fixtures/call/table.ivf'), join(folder, 'table.ivf'));
    await symlink(join(ROOT, 'test/fixtures/call/colour.ogg'), join(folder, 'question.ogg'));
    const { stdout } = await exec(process.execPath, ['script.js'], {
      cwd: folder,
      timeout: 60_000,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stdout).toMatch(/red/i);
  });

  it('finds a reference, of which nothing is missing', async () => {
    const out = join(folder, 'api');
    const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
    const args = [typedoc, '--options', 'packages/client/typedoc.json', '--out', out];
    await exec(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
    expect(await readdir(join(out, 'functions'))).toContain('browser.connect.html');
  });

  it('is a test by the scripted call', async () => {
    const [code = ''] = blocks('ts').filter((block) => block.includes('scriptedCall'));
    await writeFile(join(folder, 'scripted.mjs'), code);
    const { stdout } = await exec(process.execPath, ['scripted.mjs'], {
      cwd: folder,
      timeout: 60_000,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stdout).toBe('You said: hello\n');
  });
});
