import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { QuestionPage, seeded, shuffled, type Asked } from './support/question-page.js';

jest.setTimeout(180_000);

// Real: everything. The page's microphone is a track that its Web Audio makes: it sends nothing while nothing is said, and in
// between its clock stands still. Three rounds with longer pauses, and other troubles of a microphone: test/long/page.test.ts.

describe('the built-in questions of the demo page', () => {
  let gateway: Gateway;
  let browser: Browser;

  beforeAll(async () => {
    gateway = await Gateway.start();
    browser = await launchChromium();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it('are all heard whole and answered once, one after another in one call', async () => {
    const random = seeded(1);
    const page = await QuestionPage.open(browser, gateway.url);
    const asked: Asked[] = [];
    for (const question of shuffled(random)) {
      asked.push(await page.ask(question));
      await page.wait(400 + random() * 1600);
    }
    await page.close();
    expect(asked.map(({ question, turns, answers }) => [question, turns, answers.length])).toEqual(
      asked.map(({ question }) => [question, 1, 1]),
    );
    // The model may err once: test/long counts its errors over many. What was not heard whole is no error of its.
    const wrong = asked.filter(({ right }) => !right);
    expect(wrong.slice(1)).toEqual([]);
    expect(await gateway.metrics()).not.toMatch(/^visavis_drops_total\{reason="(late|overload)"\} [^0]/m);
  });
});
