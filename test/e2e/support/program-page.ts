import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';

/** A page of the gateway's origin that runs a program of this folder, bundled with the packages that it imports. */
export async function openProgram(browser: Browser, url: string, program: string): Promise<Page> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
    bundle: true,
    format: 'iife',
    write: false,
    platform: 'browser',
  });
  const page = await browser.newPage();
  await page.goto(`${url}health`);
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
  return page;
}

/** Calls a function that the program has made global. @param args what JSON can hold */
export function callProgram<T>(page: Page, name: string, ...args: unknown[]): Promise<T> {
  return page.evaluate<T>(`${name}(${args.map((arg) => JSON.stringify(arg)).join()})`);
}
