import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RemoteEngine } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import type { ServerProcess } from '../../tools/servers/server-process.js';
import { startVllmServer } from '../../tools/servers/vllm-server.js';
import { engineContract } from '../support/engine-contract.js';
import { ServerSession } from '../support/server-session.js';

// Real: a server of others as a process of its own, HTTP over loopback. llama.cpp's with SmolLM2-135M and Whisper base's encoder; with
// VISAVIS_TEST_SERVER=vllm vLLM's, started here unless VISAVIS_TEST_SERVER_URL says where it runs. Not real: what leads from pictures and sounds to the
// first one's language model, and all weights of the second, which are random.

Logger.overrideLogger(false);

const VLLM = process.env['VISAVIS_TEST_SERVER'] === 'vllm';
const RUNNING = process.env['VISAVIS_TEST_SERVER_URL'];
/** A server that takes minutes to start, on a CPU, is waited for (ms). */
const SLOW_MS = 900_000;
const PATIENT = { firstUseMs: 300_000, silenceMs: 120_000, firstTokenMs: 120_000, idleMs: 120_000 };
if (VLLM) jest.setTimeout(SLOW_MS);

let server: ServerProcess | null = null;
let url = '';
beforeAll(async () => {
  if (VLLM && RUNNING) url = RUNNING;
  else {
    server = await (VLLM ? startVllmServer() : startLlamaServer({ side: 112, slots: 4, threads: 1 }));
    ({ url } = server);
  }
});
afterAll(() => server?.stop());

const engineBefore = () =>
  new RemoteEngine({ urls: [url], maxSessions: 3, ...(VLLM && { timeouts: PATIENT }) });

engineContract(`RemoteEngine before ${VLLM ? 'vLLM' : 'llama.cpp'}`, () =>
  Promise.resolve({ engine: engineBefore(), exact: false }),
);

// What llama.cpp keeps is looked at by its own counters: llama-cache.test.ts.
if (VLLM) {
  describe('what vLLM keeps', () => {
    const FRAMES = 4;
    /** On a CPU; on a GPU 16. */
    const BLOCK = 128;
    /** Some hundred tokens. */
    const LONG = 'Tell me what this licence allows, and under which conditions. '.repeat(20);
    const engines: RemoteEngine[] = [];
    afterAll(() => Promise.all(engines.map((engine) => engine.close({ drainMs: 0 }))));
    async function loaded(): Promise<RemoteEngine> {
      const engine = engineBefore();
      engines.push(engine);
      await engine.load();
      return engine;
    }

    async function running(): Promise<number> {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^vllm:num_requests_running\S* (\S+)$/m.exec(metrics)?.[1]);
    }

    /** The same question of everybody. @returns its tokens, and how many of them were found again */
    async function usageOf(
      engine: RemoteEngine,
      tenant: string,
    ): Promise<{ prompt: number; cached: number }> {
      const one = await ServerSession.open(engine, tenant);
      await one.begin();
      await one.say(LONG);
      await one.end();
      const { end } = await readAnswer(one.session.generate({ maxTokens: 2 }));
      await one.session.close();
      const { prompt = 0, cached = 0 } = end?.usage ?? {};
      return { prompt, cached };
    }

    it('is the frames, when the question ends: only the sound is new', async () => {
      const engine = await loaded();
      const one = await ServerSession.open(engine, 'warm');
      await one.begin();
      for (let n = 0; n < FRAMES; n += 1) await one.show(n);
      await one.speak(1);
      await one.end();
      const { end } = await readAnswer(one.session.generate({ maxTokens: 2 }));
      const { prompt = 0, cached = 0 } = end?.usage ?? {};
      const frames = FRAMES * engine.caps.tokensPerFrame;
      expect(cached).toBeGreaterThan(frames - BLOCK);
      expect(cached).toBeLessThan(prompt - engine.caps.audioTokensPerSecond / 2);
      await one.session.close();
    });

    it("is one tenant's: another who says the same finds nothing", async () => {
      const engine = await loaded();
      const { prompt, cached } = await usageOf(engine, 'a');
      expect([prompt > 2 * BLOCK, cached]).toEqual([true, 0]);
      expect((await usageOf(engine, 'a')).cached).toBeGreaterThan(prompt - 2 * BLOCK);
      expect((await usageOf(engine, 'b')).cached).toBe(0);
    });

    it('is free as soon as an answer is left', async () => {
      const engine = await loaded();
      const one = await ServerSession.open(engine, 'leaving');
      await one.begin();
      await one.say('Tell a very long story about a ship.');
      await one.end();
      const abort = new AbortController();
      const events = one.session.generate({ maxTokens: 8000, signal: abort.signal });
      let most = 0;
      for await (const { t } of events) {
        if (t === 'token') most = Math.max(most, await running());
        if (most > 0) break;
      }
      expect(most).toBe(1);
      abort.abort();
      const untilMs = performance.now() + 5000;
      while ((await running()) > 0 && performance.now() < untilMs) await sleep(50);
      expect(await running()).toBe(0);
      await one.session.close();
    });
  });
}
