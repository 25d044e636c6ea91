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
/** What is asked, what is put on the table before (what does not change is not looked at again), and what a right answer has: no other is shown. */
const TURNS = [
  { question: 'what color is the star', right: /red/ },
  { question: 'where is the circle', put: ['center', 'square', 'yellow'], right: /right/ },
  { question: 'what is in the center', put: ['top right', 'triangle', 'purple'], right: /yellow square/ },
];

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
  const page = await browser.newPage({ viewport: { width: 1440, height: 930 }, colorScheme: 'light' });
  await page.goto(await addressOf(gateway));
  await page.getByRole('button', { name: 'Start' }).click();
  for (const [n, { question, put, right }] of TURNS.entries()) {
    await page.locator('#saw li').first().waitFor();
    if (put) {
      const [place, shape, color] = put;
      await page.locator(`#shapes input[value=${shape}]`).check({ force: true });
      await page.locator(`#colors input[value=${color}]`).check({ force: true });
      await page.getByRole('button', { name: `${place}: empty` }).click();
    }
    await page.getByRole('button', { name: question }).click();
    await page.locator('#conversation .figures').nth(n).waitFor();
    const answer = await page.locator('#conversation .answer .text').nth(n).innerText();
    if (!right.test(answer)) throw new Error(`${question}: ${answer}`);
    await page.locator('#questions button:not([disabled])').first().waitFor();
  }
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
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
