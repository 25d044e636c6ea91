import { jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { artifact, launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(120_000);

/**
 * Real: the built gateway as its own process, Chromium, WebRTC between them, the model. Fake: only what stands before
 * camera and microphone, a rendered video and a spoken question.
 */
const FIXTURES = 'test/fixtures/e2e';
const asked = JSON.parse(
  await readFile(fileURLToPath(new URL('../fixtures/e2e/question.json', import.meta.url)), 'utf8'),
) as { question: string; answer: string; keys: string[] };

describe('the demo page', () => {
  let gateway: Gateway;
  let browser: Browser;
  const complaints: string[] = [];

  const openPage = async (query: string): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${gateway.url}${query}`);
    return page;
  };

  beforeAll(async () => {
    gateway = await Gateway.start();
    browser = await launchChromium({ video: `${FIXTURES}/table.mjpeg`, audio: `${FIXTURES}/question.wav` });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });
  beforeEach(() => (complaints.length = 0));

  it('answers a question spoken into the microphone about what the camera shows', async () => {
    const page = await openPage('?autostart=1&camera=real&mic=real');
    try {
      const answer = page.locator('#conversation .answer[data-status]').first();
      await answer.waitFor({ timeout: 60_000 });
      await answer.locator('small').waitFor();
      const text = await answer.locator('.text').innerText();
      for (const key of asked.keys) expect(text).toContain(key);
      expect(await answer.locator('small').innerText()).toMatch(
        /speech end → first token \d+ ms · commit → first token \d+ ms · \d+ pictures? seen/,
      );
      expect(await page.locator('#saw li').count()).toBeGreaterThan(0);
      expect(complaints).toEqual([]);
    } finally {
      await page.screenshot({ path: await artifact('page-real-media.png'), fullPage: true });
      await page.close();
    }
  });

  it('answers its built-in questions about its built-in table, spoken and written, and hangs up', async () => {
    const page = await openPage('?autostart=1');
    try {
      await page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
      await page.getByRole('button', { name: 'what color is the star' }).click();
      await page.locator('#conversation .answer[data-status]').first().waitFor({ timeout: 60_000 });
      expect(await page.locator('.asked.spoken').first().innerText()).toBe('what color is the star');

      await page.getByLabel('Question in writing').fill('how many shapes are there');
      await page.getByLabel('Question in writing').press('Enter');
      await page.locator('#conversation .answer[data-status]').nth(1).waitFor({ timeout: 60_000 });

      await page.getByRole('button', { name: 'Hang up' }).click();
      await page.locator('#state[data-state=idle]').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await page.screenshot({ path: await artifact('page-built-in.png'), fullPage: true });
      await page.close();
    }
  });

  it('lays shapes on the table by mouse and keyboard', async () => {
    const page = await openPage('');
    await page.getByRole('button', { name: 'Clear the table' }).click();
    await page.locator('#shapes input[value=heart]').check({ force: true });
    await page.locator('#colors input[value=purple]').check({ force: true });
    await page.getByRole('button', { name: 'center: empty' }).click();
    await page
      .getByRole('button', { name: 'center: large purple heart' })
      .dragTo(page.getByRole('button', { name: 'top left: empty' }));
    await page.getByRole('button', { name: 'top left: large purple heart' }).press('Enter');
    expect(await page.locator('#cells button[aria-label$="empty"]').count()).toBe(9);
    await page.close();
  });
});
