import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { callProgram } from '../../e2e/support/program-page.js';

/** A cell of the table (0..8), a shape and its colour. */
export type Thing = readonly [number, string, string];

const CLIP = fileURLToPath(new URL('../../../client-demo/questions/color-of-star.ogg', import.meta.url));
/** On a busy machine (ms). */
const TEXT_MS = 30_000;
const POLL_MS = 50;

/** How somebody gets into a room. */
export interface Entry {
  /** Of this folder. */
  readonly program: 'janus-page.mjs' | 'livekit-page.mjs';
  /** What its `enter` is given. */
  readonly args: readonly unknown[];
}

/** Somebody in a room, by Chromium: says "what color is the star". */
export class PagePerson {
  private constructor(private readonly page: Page) {}

  /** @param origin any page of loopback, which programs may run on */
  static async enter(browser: Browser, origin: string, { program, args }: Entry): Promise<PagePerson> {
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
      bundle: true,
      format: 'iife',
      write: false,
      platform: 'browser',
    });
    const page = await browser.newPage();
    await page.goto(`${origin}health`);
    await page.evaluate(`globalThis.clip = ${JSON.stringify((await readFile(CLIP)).toString('base64'))}`);
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
    await callProgram(page, 'enter', ...args);
    return new PagePerson(page);
  }

  publish(things: readonly Thing[]): Promise<void> {
    return callProgram(this.page, 'publish', things);
  }

  cameraOff(): Promise<void> {
    return callProgram(this.page, 'cameraOff');
  }

  share(things: readonly Thing[]): Promise<void> {
    return callProgram(this.page, 'share', things);
  }

  unshare(): Promise<void> {
    return callProgram(this.page, 'unshare');
  }

  say(text: string): Promise<void> {
    return callProgram(this.page, 'say', text);
  }

  speak(): Promise<void> {
    return callProgram(this.page, 'speak');
  }

  /** What others have said in writing. */
  texts(): Promise<string[]> {
    return callProgram(this.page, 'texts');
  }

  /** The next answer to somebody, behind the first `from` texts. @throws Error where none comes in time */
  answer(to: string, from: number): Promise<string> {
    return this.reads(`@${to}`, from);
  }

  /** A text that begins so. @throws Error where none comes in time */
  async reads(beginning: string, from = 0): Promise<string> {
    const found = async () => (await this.texts()).slice(from).find((text) => text.startsWith(beginning));
    for (const end = performance.now() + TEXT_MS; performance.now() < end;) {
      const text = await found();
      if (text !== undefined) return text;
      await this.page.waitForTimeout(POLL_MS);
    }
    throw new Error(`nothing begins with ${beginning}: ${JSON.stringify(await this.texts())}`);
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
