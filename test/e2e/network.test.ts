import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, readAudio, readIvf, type Answer, type NodeCall } from '@vis-a-vis/client/node';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(120_000);

/** Real: the built gateway as its own process, its model, Chromium, and Node clients. Fake: microphones and cameras. */
const FOLDER = 'test/fixtures/e2e';
const PORT = 21_730;

interface Pair {
  readonly id: string;
  readonly local: { readonly address: string; readonly type: string };
  readonly remote: { readonly address: string; readonly port: number };
}

async function metric(url: string, name: string): Promise<string[]> {
  const text = await (await fetch(`${url}metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name));
}

/** Resolves when the gateway has noticed that its callers have left. */
async function empty(url: string): Promise<void> {
  while (!(await metric(url, 'visavis_sessions ')).includes('visavis_sessions 0')) await sleep(50);
}

describe('one port for all calls', () => {
  let gateway: Gateway;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    gateway = await Gateway.start({
      VISAVIS_ICE_UDP_PORT: String(PORT),
      VISAVIS_ICE_HOSTS: '127.0.0.1,::1',
    });
    browser = await launchChromium({ video: `${FOLDER}/table.mjpeg`, audio: `${FOLDER}/question.wav` });
    page = await openProgram(browser, gateway.url, 'network-page.mjs');
    const clip = await readFile('test/fixtures/call/colour.ogg', 'base64');
    await page.addScriptTag({ content: `globalThis.clip = '${clip}';` });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  const dial = () => connectNode({ url: gateway.url, session: { max_output_tokens: 16 } });
  const asked = async (call: NodeCall) => (await call.ask('hello')).status;

  it('carries fifty calls, as many at once as there are places, and each has its own answer', async () => {
    const outcomes: string[] = [];
    for (const count of [30, 20]) {
      // A few at a time: the handshakes of thirty take this test's own process seconds.
      const calls: NodeCall[] = [];
      while (calls.length < count) {
        const more = Array.from({ length: Math.min(5, count - calls.length) }, dial);
        calls.push(...(await Promise.all(more)));
      }
      outcomes.push(...(await Promise.all(calls.map(asked))));
      await Promise.all(calls.map((call) => call.close()));
      await empty(gateway.url);
    }
    expect(outcomes).toEqual(Array.from({ length: 50 }, () => 'completed'));
    expect(await metric(gateway.url, 'visavis_ice_port_strays_total{reason="unknown_name"}')).toEqual([]);
  });

  it('by Chromium without a microphone, whose candidates are names of mDNS', async () => {
    const stranger = await launchChromium();
    const other = await openProgram(stranger, gateway.url, 'network-page.mjs');
    await callProgram(other, 'gather');
    const { status, pair } = await callProgram<{ status: string; pair: Pair }>(other, 'dial');
    expect([status, pair.remote.port]).toEqual(['completed', PORT]);
    const offer = await other.evaluate<string>('offered');
    const lines = offer.match(/^a=candidate:.*/gm) ?? [];
    expect([lines.length > 0, lines.filter((line) => !line.includes('.local '))]).toEqual([true, []]);
    await stranger.close();
  });

  it('by IPv6 alone, from Node', async () => {
    const call = await connectNode({
      url: gateway.url,
      iceHosts: ['::1'],
      session: { max_output_tokens: 16 },
    });
    expect(await asked(call)).toBe('completed');
    await call.close();
  });

  it('in Chromium: ICE begins anew in the middle of a spoken question, and nothing is lost', async () => {
    const result = await callProgram<{
      first: Answer;
      typed: Answer;
      before: Pair;
      after: Pair;
      types: string[];
    }>(page, 'restart', { camera: true, afterMs: 500 });
    expect([result.first.status, result.first.text]).toEqual(['completed', expect.stringMatching(/red/i)]);
    expect(result.typed.status).toBe('completed');
    expect(result.after.id).not.toBe(result.before.id);
    const count = (type: string) => result.types.filter((one) => one === type).length;
    expect([count('input_audio_buffer.speech_started'), count('response.done')]).toEqual([1, 2]);
  });

  it('in Node: ICE begins anew in the middle of a spoken question, and nothing is lost', async () => {
    const video = await readIvf('test/fixtures/call/table.ivf');
    const call = await connectNode({ url: gateway.url, video });
    const started: number[] = [];
    call.on('speech', ({ state, atMs }) => state === 'started' && started.push(atMs));
    await new Promise((resolve) => call.on('frame', resolve));
    const answer = new Promise<Answer>((resolve) => call.on('answer', resolve));
    const spoken = call.speak(await readAudio('test/fixtures/call/colour.ogg'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    await call.restartIce();
    await spoken;
    const { text, status } = await answer;
    expect([status, text, started.length]).toEqual(['completed', expect.stringMatching(/red/i), 1]);
    expect((await call.ask('how many shapes are there')).status).toBe('completed');
    await call.close();
  });
});

describe('IPv6 alone', () => {
  it('serves Chromium', async () => {
    const gateway = await Gateway.start({ VISAVIS_ICE_HOSTS: '::1', VISAVIS_HOST: '::1' });
    const browser = await launchChromium();
    try {
      expect(gateway.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
      const page = await openProgram(browser, gateway.url, 'network-page.mjs');
      const { status, pair } = await callProgram<{ status: string; pair: Pair }>(page, 'dial');
      expect([status, pair.remote.address]).toEqual(['completed', '::1']);
    } finally {
      await browser.close();
      await gateway.stop();
    }
  });
});
