import { readFile } from 'node:fs/promises';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';
import { openProgram } from '../e2e/support/program-page.js';

jest.setTimeout(120_000);

/** Real: the built gateway as its own process, its model, and Chromium. Fake: its camera, whose picture moves all the time. */
const KBPS = 300;

interface Sent {
  readonly kbps: number;
  readonly fps: number;
}

let gateway: Gateway;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  gateway = await Gateway.start({ VISAVIS_VIDEO_KBPS: String(KBPS), VISAVIS_AUDIO_DTX: '1' });
  browser = await launchChromium(undefined, [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream=fps=30',
  ]);
  page = await openProgram(browser, gateway.url, 'shaping-page.mjs');
  const clip = await readFile('test/fixtures/call/colour.ogg', 'base64');
  await page.addScriptTag({ content: `globalThis.clip = '${clip}';` });
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

const call = (program: string) => page.evaluate(program);

/** Clients need some seconds until they send what they may: it is looked until they do. */
async function settled(isEnough: (sent: Sent) => boolean): Promise<Sent> {
  for (;;) {
    const sent = (await call('globalThis.next()')) as Sent;
    if (isEnough(sent)) return sent;
  }
}

afterEach(() => call('globalThis.hangUp()'));

it('a browser that knows nothing of the gateway sends no more than it is asked for, and is seen', async () => {
  await call('globalThis.stranger(null)');
  expect(await call('globalThis.attended()')).toBe(true);
  const { kbps } = await settled((sent) => sent.kbps > 0 && sent.kbps <= 1.1 * KBPS);
  expect(kbps).toBeLessThanOrEqual(1.1 * KBPS);
});

it.each(['VP9', 'AV1'])('a browser that offers nothing but %s is seen', async (codec) => {
  const answer = (await call(`globalThis.stranger('${codec}')`)) as string;
  expect(answer).toContain(` ${codec}/90000`);
  expect(await call('globalThis.attended()')).toBe(true);
});

it('our SDK sends no more frames than are looked at, and is seen', async () => {
  await call('globalThis.ours()');
  expect(await call('globalThis.attended()')).toBe(true);
  const { kbps, fps } = await settled((sent) => sent.fps > 0 && sent.fps <= 2.7);
  expect(fps).toBeLessThanOrEqual(2.7);
  expect(kbps).toBeLessThanOrEqual(1.1 * KBPS);
});

it('a muted microphone that is asked to sends next to nothing, and its questions are heard', async () => {
  await call('globalThis.pausing()');
  let packetsPerS = Infinity;
  while (packetsPerS > 15) packetsPerS = (await call('globalThis.quiet()')) as number;
  // Without it there are fifty.
  expect(packetsPerS).toBeLessThanOrEqual(15);
  expect(await call('globalThis.asked()')).toEqual({ status: 'completed', started: 1 });
});
