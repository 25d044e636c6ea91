import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(90_000);

/** What `support/stock-client-page.mjs` brings back. */
interface Talk {
  readonly typed: string;
  readonly spoken: string;
  readonly roles: string[];
  readonly seen: string[];
  readonly errors: string[];
  readonly callId: string;
}

/** Real: the built gateway as its own process, and OpenAI's own client for agents, in Chromium. */
describe('@openai/agents-realtime', () => {
  let gateway: Gateway;
  let browser: Browser;

  beforeAll(async () => {
    gateway = await Gateway.start();
    const folder = 'test/fixtures/e2e';
    browser = await launchChromium({ video: `${folder}/table.mjpeg`, audio: `${folder}/question.wav` });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it('connects with a camera, asks in writing and by voice, and keeps a history in order', async () => {
    const entry = fileURLToPath(new URL('support/stock-client-page.mjs', import.meta.url));
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'iife',
      write: false,
      platform: 'browser',
    });
    const page = await browser.newPage();
    await page.goto(`${gateway.url}health`);
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });

    const address = JSON.stringify(`${gateway.url}v1/realtime/calls`);
    const result = await page.evaluate<Talk>(`talk(${address})`);
    expect(result).toMatchObject({
      typed: expect.stringMatching(/^(completed|incomplete)$/),
      spoken: expect.stringMatching(/^(completed|incomplete)$/),
      roles: ['user', 'assistant', 'user', 'assistant'],
      callId: expect.stringMatching(/^rtc_/),
    });
    expect(result.seen).toContain('session.created');
    expect(result.seen).toContain('input_audio_buffer.speech_started');
    expect(result.errors).toEqual([]);
    await page.close();
  });
});
