import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';
import { OF_A_CALL, countObjects } from '../support/heap-count.js';

jest.setTimeout(300_000);

/** Real: the built gateway as its own process, Chromium, and processes of clients that are killed. */
const KILLED = fileURLToPath(new URL('../support/leaving-client.mjs', import.meta.url));
const FIXTURES = 'test/fixtures/e2e';

describe('clients that leave without a word', () => {
  it('leave nothing behind once their connections are known to be lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-heap-'));
    const gateway = await Gateway.start({}, 'probed');
    try {
      for (let i = 0; i < 5; i++) {
        const args = [KILLED, gateway.url, '5'];
        const clients = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(clients.stdout, 'data');
        clients.kill('SIGKILL');
        await once(clients, 'exit');
      }
      const open = await connectNode({ url: gateway.url });
      // Consent is lost after 30 s.
      const left = async () => Number(/^visavis_sessions (\d+)$/m.exec(await gateway.metrics())?.[1]);
      for (let s = 0; s < 90 && (await left()) > 1; s++) await sleep(1000);
      expect(await left()).toBe(1);
      await sleep(5000);
      const file = join(folder, 'after.heapsnapshot');
      await gateway.writeHeap(file);
      const counts = await countObjects(file, OF_A_CALL);
      expect(counts).toMatchObject({ Call: 1, LiveConversation: 1, WeriftPeer: 1, WorkerSession: 1 });
      expect(Object.values(counts).filter((count) => count > 3)).toEqual([]);
      await open.close();
      expect(await gateway.stop()).toMatchObject({ code: 0, signal: null });
    } finally {
      await gateway.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('clients that leave without a word, and might come back', () => {
  it('keep their conversations and nothing of their connections, and leave nothing behind once their time is over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-heap-'));
    const gateway = await Gateway.start({ VISAVIS_RESUME_WINDOW_MS: '90000' }, 'probed');
    const calls = async () => (await gateway.health()).calls;
    const heap = async (name: string) => {
      const file = join(folder, name);
      await gateway.writeHeap(file);
      return countObjects(file, OF_A_CALL);
    };
    try {
      for (let i = 0; i < 5; i++) {
        const args = [KILLED, gateway.url, '5', 'resume'];
        const clients = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(clients.stdout, 'data');
        clients.kill('SIGKILL');
        await once(clients, 'exit');
      }
      while ((await calls()).detached < 25) await sleep(500);
      expect(await heap('kept.heapsnapshot')).toMatchObject({ Call: 25, LiveConversation: 25 });
      const { WeriftPeer = 0, RTCPeerConnection = 0, MediaReceiver = 0 } = await heap('kept.heapsnapshot');
      expect([WeriftPeer, RTCPeerConnection, MediaReceiver]).toEqual([0, 0, 0]);
      while ((await calls()).open > 0) await sleep(500);
      expect(await gateway.metrics()).toContain('visavis_resumes_total{outcome="expired"} 25');
      await sleep(5000);
      const left = Object.entries(await heap('after.heapsnapshot')).filter(([, count]) => count > 2);
      expect(left).toEqual([]);
      expect(await gateway.stop()).toMatchObject({ code: 0, signal: null });
    } finally {
      await gateway.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a page that is reloaded in the middle of an answer', () => {
  let gateway: Gateway;
  let browser: Browser;
  beforeAll(async () => {
    gateway = await Gateway.start();
    browser = await launchChromium({ video: `${FIXTURES}/table.mjpeg`, audio: `${FIXTURES}/question.wav` });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it('ends nobody’s call but its own, 20 times', async () => {
    const bystander = await connectNode({ url: gateway.url });
    const page = await browser.newPage();
    // It does not take leave: as other pages, and those that crash.
    await page.addInitScript("addEventListener('pagehide', (event) => event.stopImmediatePropagation());");
    for (let round = 0; round < 20; round++) {
      await page.goto(`${gateway.url}?autostart=1`);
      await page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
      await page.getByLabel('Question in writing').fill('describe what you see');
      await page.getByLabel('Question in writing').press('Enter');
      await page.locator('#conversation .answer').first().waitFor({ timeout: 30_000 });
    }
    await page.close();
    expect((await bystander.ask('hello')).status).toBe('completed');
    await bystander.close();
    const { code, stdout } = await gateway.stop();
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/"level":[56]0/);
  });
});
