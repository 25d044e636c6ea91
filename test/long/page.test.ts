import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';
import { QuestionPage, seeded, shuffled, type Asked, type Trouble } from '../e2e/support/question-page.js';

jest.setTimeout(900_000);

// Real: everything, as in test/e2e/page-questions.test.ts. The calls are held side by side, to save time.

const TROUBLES: readonly Trouble[] = ['mute', 'no track', 'another track', 'suspend'];

describe('the built-in questions of the demo page', () => {
  let gateway: Gateway;
  let browser: Browser;

  /** One call: the ten questions in an order of its own, with pauses of 1 to 20 s between them. */
  async function round(seed: number, troubled: boolean): Promise<Asked[]> {
    const random = seeded(seed);
    const page = await QuestionPage.open(browser, gateway.url);
    const asked: Asked[] = [];
    for (const [n, question] of shuffled(random).entries()) {
      asked.push(await page.ask(question));
      const pauseMs = 1000 * 20 ** random();
      const trouble = TROUBLES[n % TROUBLES.length];
      if (troubled && trouble) await page.trouble(trouble, pauseMs / 2);
      else await page.wait(pauseMs);
    }
    await page.close();
    return asked;
  }

  beforeAll(async () => {
    gateway = await Gateway.start();
    browser = await launchChromium();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it.each([
    ['one after another, with pauses of 1 to 20 s', false],
    ['by a microphone that is muted, replaced and suspended in between', true],
  ])('are all heard whole, %s: 95 %% are answered right, none twice', async (_how, troubled) => {
    const rounds = await Promise.all([11, 12, 13].map((seed) => round(seed, troubled)));
    const asked = rounds.flat();
    expect(asked.map(({ question, turns, answers }) => [question, turns, answers.length])).toEqual(
      asked.map(({ question }) => [question, 1, 1]),
    );
    const wrong = asked.filter(({ right }) => !right);
    expect(wrong.slice(Math.floor(asked.length * 0.05))).toEqual([]);
    expect(await gateway.metrics()).not.toMatch(/^visavis_drops_total\{reason="(late|overload)"\} [^0]/m);
  });
});
