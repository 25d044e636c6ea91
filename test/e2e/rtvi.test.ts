import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(120_000);

/** What `support/rtvi-page.mjs` brings back. */
interface Talk {
  readonly ready: { readonly version: string };
  readonly spoken: string;
  readonly typed: string;
  readonly set: unknown;
  readonly refused: unknown;
  readonly renegotiated: string;
  readonly reconnected: string;
  readonly same: boolean;
  readonly seen: string[];
  readonly outputs: { readonly text: string }[];
  readonly metrics: { readonly ttfb?: unknown[]; readonly tokens?: unknown[] }[];
  readonly errors: unknown[];
  readonly unknown: string[];
}

const TRIES = 3;
/** As a rule it takes 7 s. */
const TALK_MS = 60_000;

/** Real: the built gateway as its own process, the model, and Pipecat's own client in Chromium, with microphone and camera. */
describe('@pipecat-ai/client-js over @pipecat-ai/small-webrtc-transport', () => {
  let gateway: Gateway;
  let bundle: string;
  const browsers: Browser[] = [];

  beforeAll(async () => {
    gateway = await Gateway.start();
    const entry = fileURLToPath(new URL('support/rtvi-page.mjs', import.meta.url));
    const built = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'iife',
      write: false,
      platform: 'browser',
    });
    bundle = built.outputFiles[0]?.text ?? '';
  });
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await gateway?.stop();
  });

  const talk = async (request: object): Promise<Talk> => {
    const folder = 'test/fixtures/e2e';
    const browser = await launchChromium({ video: `${folder}/table.mjpeg`, audio: `${folder}/question.wav` });
    browsers.push(browser);
    const page = await browser.newPage();
    await page.goto(`${gateway.url}health`);
    const clip = await readFile('test/fixtures/call/colour.ogg', 'base64');
    await page.addScriptTag({ content: `globalThis.clip = '${clip}';` });
    await page.addScriptTag({ content: bundle });
    return page.evaluate<Talk>(`talk(${JSON.stringify(request)})`);
  };

  /**
   * Beside other suites one talk in some twenty has been seen to stop in the middle; where, and whose fault it is, is not known yet. It is
   * begun anew by another visitor then, and told.
   */
  const talkThrough = async (request: object): Promise<Talk> => {
    for (let left = TRIES; left > 1; left--) {
      const talked = await Promise.race([talk(request), sleep(TALK_MS, null)]);
      if (talked !== null) return talked;
      console.warn('a talk stopped in the middle, and is begun anew');
      await browsers.pop()?.close();
    }
    return talk(request);
  };

  it.each([
    [
      'started first',
      (url: string) => ({ start: `${url}start`, data: { body: { session: { max_output_tokens: 32 } } } }),
    ],
    ['dialled at once', (url: string) => ({ offer: `${url}api/offer` })],
  ])(
    'asks by voice and in writing, renegotiates, and goes on over another connection: %s',
    async (_how, request) => {
      const result = await talkThrough(request(gateway.url));
      expect(result.ready.version).toBe('2.1.0');
      expect(result.spoken).toMatch(/red/i);
      for (const count of [result.typed, result.renegotiated]) expect(count).toMatch(/three|3/i);
      // Heard over the new connection.
      expect([result.reconnected, result.same]).toEqual([expect.stringMatching(/red/i), true]);
      expect(result.set).toEqual({ accepted: true });
      expect(result.refused).toMatchObject({ code: 'unknown_event' });
      expect(result.seen).toEqual(
        expect.arrayContaining(['botReady', 'userStartedSpeaking', 'userStoppedSpeaking', 'botLlmText']),
      );
      expect(result.outputs.map(({ text }) => text).join('')).toContain(result.spoken);
      expect(result.metrics.some(({ ttfb }) => (ttfb?.length ?? 0) > 0)).toBe(true);
      expect(result.metrics.some(({ tokens }) => (tokens?.length ?? 0) > 0)).toBe(true);
      expect([result.errors.length, result.unknown]).toEqual([1, []]);
      // A visitor who stopped in the middle is missed when ICE's consent is over.
      while (!/^visavis_sessions 0$/m.test(await gateway.metrics())) await sleep(500);
    },
    300_000,
  );
});
