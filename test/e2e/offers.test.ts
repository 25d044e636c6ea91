import { jest } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { complaintsAbout } from '../support/answer-checker.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(60_000);

/**
 * Real: the built gateway as its own process, and Chromium, which judges our answers. Fake: its microphone and its camera. Each offer is
 * of a form that applications make and our own page does not.
 */
const FIXTURES = 'test/fixtures/e2e';

interface Form {
  readonly bundlePolicy?: 'balanced' | 'max-bundle';
  readonly audio: readonly ('sendrecv' | 'sendonly' | 'recvonly')[];
  /** Of the camera: its encodings where it is a simulcast. */
  readonly rids?: readonly string[];
  readonly codec?: string;
  /** Further video sections, which are switched off before the offer, or not: of those that are on the first is the screen. */
  readonly screens?: readonly ('on' | 'off')[];
  /** What becomes of the text of the offer. */
  readonly edit?: 'lf' | 'blanks';
}

interface Outcome {
  readonly offer: string;
  readonly answer: string;
  readonly first: string;
  readonly directions: string[];
  readonly sent: string[];
}

/** What `support/screen-page.mjs` brings back. */
interface Shared {
  readonly videos: readonly string[];
  readonly ofScreen: string;
  readonly ofCamera: string;
  readonly again: string;
  /** What the first picture of a call with a screen alone was of. */
  readonly alone: string;
  /** What was seen before each answer. */
  readonly receipts: readonly string[][];
  readonly forgotten: boolean;
  readonly kept: boolean;
}

const FORMS: readonly [name: string, form: Form, directions: string[]][] = [
  ['a simulcast', { audio: ['sendonly'], rids: ['h', 'm', 'l'] }, ['sendonly', 'sendonly']],
  [
    'a section to listen with, before that of the microphone',
    { audio: ['recvonly', 'sendrecv'] },
    ['inactive', 'sendonly', 'sendonly'],
  ],
  ['one bundle alone', { audio: ['sendrecv'], bundlePolicy: 'max-bundle' }, ['sendonly', 'sendonly']],
  [
    'H264 first, a screen, and a third video',
    { audio: ['sendonly'], codec: 'video/H264', screens: ['on', 'on'] },
    ['sendonly', 'sendonly', 'sendonly', 'inactive'],
  ],
  [
    'a section that is rejected in between',
    { audio: ['sendonly'], screens: ['off', 'on'] },
    ['sendonly', 'sendonly', 'sendonly'],
  ],
  ['lines that end in LF', { audio: ['sendonly'], edit: 'lf' }, ['sendonly', 'sendonly']],
  ['blanks around its lines', { audio: ['sendonly'], edit: 'blanks' }, ['sendonly', 'sendonly']],
];

describe('Chromium calls with', () => {
  let gateway: Gateway;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    gateway = await Gateway.start();
    browser = await launchChromium({ video: `${FIXTURES}/table.mjpeg`, audio: `${FIXTURES}/question.wav` });
    page = await browser.newPage();
    await page.goto(`${gateway.url}metrics`);
    await page.addScriptTag({ path: fileURLToPath(new URL('support/offer-page.js', import.meta.url)) });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it.each(FORMS)('%s', async (_name, form, directions) => {
    const outcome = await page.evaluate<Outcome>(`callWith(${JSON.stringify(form)})`);
    expect(complaintsAbout(outcome.answer, outcome.offer)).toEqual([]);
    expect(outcome.first).toBe('session.created');
    expect(outcome.directions).toEqual(directions);
    expect(outcome.sent).toEqual(['audio', 'video']);
  });

  it('a camera, and shares a screen beside it: both are seen, and the screen is forgotten when it ends', async () => {
    const program = await openProgram(browser, gateway.url, 'screen-page.mjs');
    const shared = await callProgram<Shared>(program, 'shareScreen');
    await program.close();
    expect(shared).toMatchObject({
      videos: ['camera', 'screen'],
      forgotten: true,
      kept: true,
      alone: 'screen',
    });
    expect([shared.ofScreen, shared.ofCamera, shared.again]).toEqual([
      expect.stringMatching(/blue/i),
      expect.stringMatching(/green/i),
      expect.stringMatching(/green/i),
    ]);
    expect([shared.receipts[0], shared.receipts.at(-1)]).toEqual([['camera', 'screen'], ['camera']]);
  });
});
