import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Camera, connect, Microphone, readAudio, readIvf } from '@vis-a-vis/client/node';
import { scriptedCall, type Script, type ScriptedCall } from '@vis-a-vis/client/testing';
import type { Browser, Page } from 'playwright-core';
import { RTCPeerConnection } from 'werift';
import { EXPECTED, SCENARIOS, type ScenarioName } from '../support/client-scenarios.js';
import { refuseRestarts } from '../support/lost-connection.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(60_000);

// Real: the built gateway, WebRTC, Chromium, werift. Made up: the model, by a script, so that all kinds of calls are told the same.

const NAMES = Object.keys(SCENARIOS) as ScenarioName[];
const SPEECH = 'test/fixtures/call/colour.ogg';
const NOWHERE = { url: 'http://127.0.0.1:9' };

describe('a call', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start({}, 'scripted');
  });
  afterAll(() => gateway?.stop());

  describe('in Node', () => {
    const dialled = jest.spyOn(RTCPeerConnection.prototype, 'createDataChannel');
    afterAll(() => dialled.mockRestore());

    it.each(NAMES)('%s', async (name) => {
      let restore = (): void => undefined;
      const microphone = new Microphone();
      const clip = await readAudio(SPEECH);
      const stage = {
        connect: (options: Parameters<typeof connect>[0]) => connect({ url: gateway.url, ...options }),
        microphone,
        camera: new Camera(await readIvf('test/fixtures/call/table.ivf')),
        speak: () => microphone.speak(clip),
        lose: () => {
          restore = refuseRestarts();
          const peer = dialled.mock.contexts.at(-1) as RTCPeerConnection;
          peer.iceConnectionStateChange.execute('disconnected');
        },
        nowhere: NOWHERE,
      };
      try {
        expect(await SCENARIOS[name](stage)).toEqual(EXPECTED[name]);
      } finally {
        restore();
      }
    });
  });

  describe('in Chromium', () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await launchChromium();
      page = await openProgram(browser, gateway.url, 'client-page.mjs');
      await page.addScriptTag({ content: `globalThis.clip = '${await readFile(SPEECH, 'base64')}';` });
    });
    afterAll(() => browser?.close());

    it.each(NAMES)('%s', async (name) => {
      expect(await callProgram(page, 'perform', name, gateway.url)).toEqual(EXPECTED[name]);
    });

    it('hangs up where its page is closed: nobody comes back to it', async () => {
      const other = await openProgram(browser, gateway.url, 'client-page.mjs');
      await callProgram(other, 'open', gateway.url);
      await other.close();
      const openCalls = async () => (await gateway.health()).calls.open;
      while ((await openCalls()) > 0) await sleep(50);
      expect(await openCalls()).toBe(0);
    });

    it('reads answers aloud, and is interrupted by who speaks into it', async () => {
      const result = await callProgram<Record<string, unknown>>(page, 'readAloud', gateway.url);
      expect(result).toEqual({
        kind: 'spoken',
        began: true,
        said: 'Nothing is called.',
        text: 'Nothing is ',
        whole: false,
        told: true,
        status: 'completed',
        loud: true,
      });
    });
  });
});

describe('a scripted call', () => {
  /** As scripted-gateway.mjs has it. */
  const script: Script = ({ text, results, tools }) => {
    const cities = text.match(/\b(Ghent|Lier|Bruges)\b/g) ?? [];
    if (results.length > 0) return ['It says: ', ...results.map((output) => `${output} `), 'so far.'];
    if (tools.length === 0 || cities.length === 0) return ['Nothing ', 'is called.'];
    return { calls: cities.map((city) => ({ tool: tools[0] ?? '', args: { city } })) };
  };

  it.each(NAMES)('%s', async (name) => {
    let scripted: ScriptedCall | undefined;
    const stage = {
      connect: async (options: Parameters<typeof connect>[0]) => {
        const nowhere = options?.url === NOWHERE.url && { refuse: 'connect_failed' };
        scripted = await scriptedCall({ script, ...options, ...nowhere });
        return scripted.call;
      },
      microphone: true,
      camera: true,
      speak: () => Promise.resolve(scripted?.person.says('what is this')),
      lose: () => {
        scripted?.network.drops('kept');
        scripted?.network.returns();
        return scripted?.clock.advance(1000);
      },
      nowhere: NOWHERE,
    };
    expect(await SCENARIOS[name](stage)).toEqual(EXPECTED[name]);
  });
});
