#!/usr/bin/env node
// Makes the picture of the demo page that the README shows, anew: the built gateway, Chromium, one call with three questions.
// `npm run build && node scripts/page-picture.mjs [file]`
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = process.argv[2] ?? join(root, 'docs', 'images', 'page.png');
const QUESTIONS = ['what color is the star', 'where is the circle', 'how many shapes are there'];

const gateway = spawn(process.execPath, [join(root, 'dist', 'src', 'main.js')], {
  cwd: root,
  env: { ...process.env, VISAVIS_PORT: '0', VISAVIS_ICE_HOSTS: '127.0.0.1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--allow-loopback-in-peer-connection'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  await page.goto(await addressOf(gateway));
  await page.getByRole('button', { name: 'Start' }).click();
  await page.locator('#saw li').nth(1).waitFor();
  for (const [n, question] of QUESTIONS.entries()) {
    await page.getByRole('button', { name: question }).click();
    await page.locator('#conversation .figures').nth(n).waitFor();
    await page.locator('#questions button:not([disabled])').first().waitFor();
  }
  await page.locator('#quality[data-level=good]').waitFor();
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  gateway.kill();
  await once(gateway, 'close');
}

/** The gateway's log says where it listens. */
async function addressOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const { msg, url } = line.startsWith('{') ? JSON.parse(line) : {};
    if (msg === 'listening') {
      // The rest is read and forgotten, so that the gateway does not wait for its reader.
      stdout.resume();
      return url;
    }
  }
  throw new Error('the gateway did not start');
}
