import { jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CallError, connect, type Call } from '@vis-a-vis/client/node';
import type { Browser, Page } from 'playwright-core';
import { artifact, launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { axe, look, tabTo } from './support/page/look.js';

jest.setTimeout(120_000);

/**
 * Real: the built gateway as its own process, Chromium, WebRTC between them, the model. Fake: only what stands before
 * camera and microphone, a rendered video and a spoken question; and a visitor who refuses them.
 */
const FIXTURES = 'test/fixtures/e2e';
const asked = JSON.parse(
  await readFile(fileURLToPath(new URL('../fixtures/e2e/question.json', import.meta.url)), 'utf8'),
) as { question: string; answer: string; keys: string[] };
/** Calls that the gateway takes: one at a time by these tests, and what may be left of those before. */
const PLACES = 3;
const NOTHING_WRONG = { violations: [], tooWide: [] };
/** A visitor who says no. */
const REFUSED = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));`;

describe('the demo page', () => {
  let gateway: Gateway;
  let browser: Browser;
  const complaints: string[] = [];

  const openPage = async (query: string, before = ''): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    if (before !== '') await page.addInitScript(before);
    await page.goto(`${gateway.url}${query}`);
    return page;
  };
  /** A page that is merely closed is missed by the gateway for as long as a network may be gone. */
  const leave = async (page: Page): Promise<void> => {
    await page.evaluate("document.getElementById('hangup').click()");
    await page.close();
  };
  const ready = (page: Page) => page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
  const answers = (page: Page) => page.locator('#conversation .answer[data-status]');

  beforeAll(async () => {
    gateway = await Gateway.start({ VISAVIS_MAX_CALLS: String(PLACES) });
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
      const answer = answers(page).first();
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
      await leave(page);
    }
  });

  it('holds a conversation by mouse, and shows what each answer saw and where its time went', async () => {
    const page = await openPage('');
    try {
      expect(await look(page, 'idle')).toEqual(NOTHING_WRONG);
      await page.getByRole('button', { name: 'Start' }).click();
      await ready(page);
      await page.locator('#saw li').first().waitFor();
      await page.getByRole('button', { name: 'what color is the star' }).click();
      await answers(page).first().waitFor({ timeout: 60_000 });
      expect(await page.locator('.asked.spoken .text').first().innerText()).toBe('what color is the star');
      // What was spoken is drawn: as long as it took, and what came behind it.
      const row = (kind: string) => page.locator(`#timeline [data-kind=${kind}]`);
      await row('speech').locator('i').waitFor();
      for (const kind of ['speech', 'pause', 'answer'])
        expect(await row(kind).locator('.value').innerText()).toMatch(/^[\d.]+ m?s$/);
      expect(await page.locator('#saw-when').innerText()).toMatch(/^[\d.]+ s (before|after) you stopped$/);
      await page.locator('#saw button').first().hover();

      await page.getByLabel('Question in writing').fill('how many shapes are there');
      await page.getByLabel('Question in writing').press('Enter');
      await answers(page).nth(1).locator('.figures').waitFor({ timeout: 60_000 });
      expect(await row('speech').locator('i').count()).toBe(0);
      // Back to the first answer.
      await page.locator('.figures').first().click();
      await row('speech').locator('i').waitFor();
      expect(await look(page, 'talking')).toEqual(NOTHING_WRONG);
      await page.getByRole('button', { name: 'Settings' }).click();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: 'Close' }).click();

      await page.getByRole('button', { name: 'Hang up' }).click();
      await page.locator('#state[data-state=idle]').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await page.screenshot({ path: await artifact('page-built-in.png'), fullPage: true });
      await leave(page);
    }
  });

  it('holds a conversation by keyboard alone', async () => {
    const page = await openPage('?lang=zh');
    const { keyboard } = page;
    try {
      expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hans');
      await tabTo(page, '#language');
      await keyboard.press('ArrowUp');
      await page.locator('html[lang=en]').waitFor();
      await tabTo(page, '#start');
      await keyboard.press('Enter');
      await ready(page);
      // There is nothing to have been seen before the camera's first picture.
      await page.locator('#saw li').first().waitFor();
      // Where one goes on is where the focus is.
      await tabTo(page, '#question');
      await keyboard.type('what color is the star');
      await keyboard.press('Enter');
      await answers(page).first().locator('.figures').waitFor({ timeout: 60_000 });
      await tabTo(page, '#saw button');
      await keyboard.press('Home');
      expect(await page.evaluate<string>("document.activeElement.getAttribute('aria-label')")).toMatch(
        /^Picture 1 of \d+, [\d.]+ s (before|after) it was asked$/,
      );
      await tabTo(page, '#inspector > summary');
      await keyboard.press('Enter');
      await tabTo(page, '#filter');
      await keyboard.type('semantic_vad');
      await page.locator('#counted', { hasText: /^0 of \d+/ }).waitFor();
      // A setting is told to the gateway, which says so.
      await tabTo(page, '#settings-open');
      await keyboard.press('Enter');
      await tabTo(page, 'input[name=turn]');
      await keyboard.press('ArrowDown');
      await keyboard.press('Escape');
      await page.locator('#events li', { hasText: 'session.updated' }).waitFor();
      await tabTo(page, '#hangup');
      await keyboard.press('Enter');
      await page.locator('#state[data-state=idle]').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await leave(page);
    }
  });

  it('says what to do where camera and microphone are refused, and goes on without them', async () => {
    const page = await openPage('?camera=real&mic=real', REFUSED);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#trouble[data-code=permission_denied]').waitFor();
    expect(await page.locator('#problem').innerText()).toMatch(/Allow them by the sign beside the address/);
    await page.getByRole('button', { name: 'Use the built-in table' }).click();
    await ready(page);
    expect(await page.locator('#trouble').isVisible()).toBe(false);
    await leave(page);
  });

  it('says when to come again where the gateway is full', async () => {
    // Others take all places.
    const others: Call[] = [];
    const page = await openPage('');
    try {
      while (others.length < PLACES) {
        // The gateway hears later than the page that a call before this test is over.
        const call = await connect({ url: gateway.url }).catch(busy);
        if (call) others.push(call);
      }
      await page.getByRole('button', { name: 'Start' }).click();
      await page.locator('#trouble[data-code=capacity]').waitFor();
      expect(await page.locator('#problem').innerText()).toMatch(/full\.\s+.*Come again in \d+ seconds\./);
      expect(await look(page, 'error')).toEqual(NOTHING_WRONG);
      // Somebody leaves: there is a place again, as soon as the gateway knows.
      others.pop()?.close();
      do {
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.locator('#state[data-state=ready], #trouble:not([hidden])').first().waitFor();
      } while (await page.locator('#trouble').isVisible());
      await ready(page);
    } finally {
      for (const call of others) call.close();
      await leave(page);
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

/** @throws what is not that all places are taken */
async function busy(error: unknown): Promise<null> {
  if (!(error instanceof CallError) || error.code !== 'capacity') throw error;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return null;
}
