import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { docBlocks, RUN_DOCUMENTS, type DocBlock } from '../../support/doc-blocks.js';
import { readQuestionMaterial, type QuestionMaterial } from '../../support/question-material.js';
import { launchChromium } from '../../e2e/support/chromium.js';
import { pageOf } from '../../e2e/support/examples/doc-pages.js';
import { Gateway } from '../../e2e/support/gateway.js';
import { runScript, ScriptServer } from '../../e2e/support/examples/program.js';

// Real: the examples as they stand, the built packages by their names, the built gateway and its model, Chromium. Made up: the devices, and,
// where tools are called, the model, by a script.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the examples look for a gateway. */
const TOLD = 'http://127.0.0.1:8080/';
/** Of the documents' blocks: within the repository, so that packages are found by their names, and its server serves them. */
const PLACE = join(ROOT, 'artifacts/doc-blocks');
/** Whatever a page waits for, on a busy machine (ms). */
const LONGEST_MS = 90_000;
const KEY = 'vv_app_0123456789012345678901234567890123456789012';

const blocks: DocBlock[] = (
  await Promise.all(RUN_DOCUMENTS.map(async (file) => docBlocks(await readFile(join(ROOT, file), 'utf8'))))
).flat();
const runnable = blocks.filter(({ words }) => words.includes('runnable'));
const isPage = ({ language, words }: DocBlock) => language === 'html' || words.includes('page');

describe('what people copy', () => {
  let folder: string;
  let files: ScriptServer;
  let gateway: Gateway;
  /** Serves who has a key, and its script calls tools. */
  let keyed: Gateway;
  let browser: Browser;
  let material: QuestionMaterial;
  const opened: Page[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-examples-'));
    const hash = `sha256:${createHash('sha256').update(KEY).digest('hex')}`;
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [{ id: 'app', hash }] }));
    await mkdir(PLACE, { recursive: true });
    files = await ScriptServer.start('examples/serve.mjs');
    [gateway, keyed, browser, material] = await Promise.all([
      Gateway.start({ VISAVIS_CORS_ORIGINS: new URL(files.url).origin }),
      Gateway.start(
        { VISAVIS_API_KEYS_FILE: join(folder, 'keys.json'), VISAVIS_CORS_ORIGINS: '*' },
        'scripted',
      ),
      launchChromium(),
      readQuestionMaterial(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), gateway?.stop(), keyed?.stop(), files?.stop()]);
    if (folder) await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((page) => page.close()));
    const [complaint] = complaints.splice(0);
    if (complaint !== undefined) throw new Error(`a page threw: ${complaint}`);
  });

  /** A page with made-up devices, whose gateway is the one of this test. @param scripts what it is given for these addresses */
  async function open(url: string, scripts: Readonly<Record<string, string>> = {}): Promise<Page> {
    const page = await browser.newPage();
    opened.push(page);
    page.setDefaultTimeout(LONGEST_MS);
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.route(`${TOLD}**`, (route) =>
      route.continue({ url: route.request().url().replace(TOLD, gateway.url) }),
    );
    for (const [address, body] of Object.entries(scripts))
      await page.route(address, (route) => route.fulfill({ contentType: 'text/javascript', body }));
    const clip = await readFile(join(ROOT, 'test/fixtures/call/colour.ogg'), 'base64');
    const told = JSON.stringify({ clip, picture: material.picture.toString('base64') });
    await page.addInitScript({ content: `globalThis.pageMaterial = ${told};` });
    await page.addInitScript({ path: join(ROOT, 'test/e2e/support/examples/page-devices.js') });
    await page.goto(url);
    return page;
  }
  const example = (name: string) => new URL(`/examples/${name}/index.html`, files.url).href;
  /** What it says once it is a sentence. */
  async function sentence(page: Page, selector: string): Promise<string> {
    const place = page.locator(selector, { hasText: /\w.*\./ });
    await place.waitFor();
    return place.innerText();
  }

  it('plain-page has captions, in at most 15 lines of script', async () => {
    const html = await readFile(join(ROOT, 'examples/plain-page/index.html'), 'utf8');
    const script = /<script type="module">\n(.*?)\n *<\/script>/s.exec(html)?.[1] ?? '';
    expect(script.split('\n').length).toBeLessThanOrEqual(15);
    const page = await open(example('plain-page'));
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.evaluate('ask()');
    expect(material.spoken.wrong(await sentence(page, '#caption'))).toBeNull();
  });

  it('push-to-talk is answered when the button is let go', async () => {
    const page = await open(example('push-to-talk'));
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('#talk:enabled').hover();
    await page.mouse.down();
    await page.evaluate('ask()');
    expect(await page.locator('#caption').innerText()).toBe('');
    await page.mouse.up();
    expect(material.spoken.wrong(await sentence(page, '#caption'))).toBeNull();
  });

  it('captions-overlay shows what was asked, too', async () => {
    const page = await open(example('captions-overlay'));
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.evaluate('ask()');
    expect(material.spoken.wrong(await sentence(page, '#caption'))).toBeNull();
    await page.locator('#question', { hasText: /star/ }).waitFor();
    expect(await page.evaluate<number>("document.querySelector('video').videoWidth")).toBeGreaterThan(0);
  });

  it('react is a call to type into, and to hang up', async () => {
    const bundle = await build({
      entryPoints: [join(ROOT, 'examples/react/main.jsx')],
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      write: false,
    });
    const page = await open(example('react'), {
      '**/react/main.jsx': bundle.outputFiles[0]?.text ?? '',
    });
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.evaluate('seen()');
    await page.getByRole('textbox', { name: 'Question' }).fill(material.typed.text);
    await page.getByRole('button', { name: 'Ask' }).click();
    expect(
      material.typed.wrong(await sentence(page, '[data-status=completed] [data-part=answer]')),
    ).toBeNull();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.locator('section[data-status=closed]').waitFor();
  });

  it('node-ask shows a file and asks', async () => {
    const picture = join(folder, 'table.jpg');
    await writeFile(picture, material.picture);
    const args = [picture, material.spoken.text];
    const { stdout } = await runScript('examples/node-ask/ask.mjs', args, { VISAVIS_URL: gateway.url });
    expect(material.spoken.wrong(stdout)).toBeNull();
  });

  it('tool-call is told what the tool gave', async () => {
    const env = { VISAVIS_URL: keyed.url, VISAVIS_KEY: KEY };
    const { stdout, stderr } = await runScript('examples/tool-call/weather.mjs', [], env);
    expect(stderr).toBe('weather {"city":"Ghent"}\n');
    expect(stdout).toBe('It says: rain, 12 °C so far.\n');
  });

  it('express gives its page a secret, and keeps the key', async () => {
    const env = { VISAVIS_URL: keyed.url, VISAVIS_KEY: KEY };
    const server = await ScriptServer.start('examples/express/server.mjs', env);
    try {
      const given = await (await fetch(new URL('secret', server.url), { method: 'POST' })).text();
      expect(given).toMatch(/"ek_/);
      expect(given).not.toContain(KEY);
      const page = await open(server.url);
      await page.getByRole('textbox', { name: 'Question' }).fill('hello');
      await page.getByRole('button', { name: 'Ask' }).click();
      expect(await sentence(page, '#caption')).toBe('Nothing is called.');
    } finally {
      await server.stop();
    }
  });

  it('the programs of the documents write what they say', async () => {
    const programs = runnable.filter((block) => block.language === 'js' && !isPage(block));
    expect(programs.length).toBeGreaterThan(5);
    const call = join(ROOT, 'test/fixtures/call');
    await writeFile(join(PLACE, 'table.jpg'), material.picture);
    await copyFile(join(call, 'table.ivf'), join(PLACE, 'table.ivf'));
    await copyFile(join(call, 'colour.ogg'), join(PLACE, 'question.ogg'));
    const names = programs.map((_, at) => join(PLACE, `block-${at}.mjs`));
    const { host } = new URL(gateway.url);
    await Promise.all(
      programs.map(({ code }, at) => writeFile(names[at]!, code.replaceAll(new URL(TOLD).host, host))),
    );
    const runner = join(ROOT, 'test/e2e/support/examples/run-blocks.mjs');
    const { stdout } = await runScript(runner, names, {}, PLACE);
    const [, ...written] = stdout.split('\f');
    expect(written).toHaveLength(programs.length);
    for (const [at, { writes }] of programs.entries())
      for (const part of writes) expect(written[at]?.toLowerCase()).toContain(part.toLowerCase());
  });

  it('the pages of the documents are answered', async () => {
    const pages = runnable.filter(isPage);
    expect(pages.length).toBeGreaterThan(2);
    // Calls are real time, and mostly wait.
    await Promise.all(pages.map(async (block, at) => answered(block, `page-${at}.html`)));
  });

  const TRIES = 10;
  async function answered(block: DocBlock, name: string): Promise<void> {
    await writeFile(join(PLACE, name), await pageOf(block, PLACE));
    const page = await open(new URL(`/artifacts/doc-blocks/${name}`, files.url).href);
    if (block.language === 'html') await page.getByRole('button').click();
    // Stock clients are not told when the model has seen the picture: a question that came before it is asked again.
    for (let tries = 1; ; tries += 1) {
      await page.evaluate('say()');
      try {
        for (const part of block.writes)
          await page.locator('body', { hasText: new RegExp(part, 'i') }).waitFor({ timeout: 5000 });
        return;
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }
});
