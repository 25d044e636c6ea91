import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RemoteEngine } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { readLlamaCounters } from '../../tools/servers/llama-counters.js';
import { startLlamaServer, type LlamaServer } from '../../tools/servers/llama-server.js';
import { LlamaSession } from '../support/llama-session.js';

// Real: llama.cpp's own server as a process of its own, which counts what it computes and what it finds in its cache. Not real: what leads from
// pictures and sounds to the language model, which is random.

Logger.overrideLogger(false);

const FRAMES = 6;
const SLOTS = 3;
/** Beside frames and sound: what the template and turns add. */
const REST = 60;

describe('what the server knows of a session', () => {
  let server: LlamaServer;
  let engine: RemoteEngine;
  beforeAll(async () => {
    server = await startLlamaServer({ side: 112, slots: SLOTS });
    engine = new RemoteEngine({ urls: [server.url] });
    await engine.load();
  });
  afterAll(async () => {
    await engine?.close({ drainMs: 0 });
    await server?.stop();
  });

  const counters = () => readLlamaCounters(server.url);
  async function idle(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while ((await counters()).busy > 0) {
      if (performance.now() > untilMs) throw new Error(`the server is busy after ${withinMs} ms`);
      await sleep(50);
    }
  }

  it('has the frames warm when the question ends: only the sound is new', async () => {
    const one = await LlamaSession.open(engine, 'warm');
    await one.begin();
    for (let n = 0; n < FRAMES; n += 1) await one.show(n);
    await idle(5000);
    const before = await counters();
    await one.speak(1);
    await one.end();
    const { end } = await readAnswer(one.session.generate({ maxTokens: 2 }));
    const after = await counters();
    const frames = FRAMES * engine.caps.tokensPerFrame;
    const sound = Math.ceil(engine.caps.audioTokensPerSecond * 60);
    expect(end?.usage.cached).toBeGreaterThanOrEqual(frames);
    expect(after.cached - before.cached).toBe(end?.usage.cached);
    expect(after.computed - before.computed).toBe((end?.usage.prompt ?? 0) - (end?.usage.cached ?? 0));
    expect(after.computed - before.computed).toBeLessThan(sound + REST);
    expect(engine.stats.warm).toMatchObject({ requests: FRAMES, aborted: 0 });
    await one.session.close();
  });

  async function shown(tenant: string): Promise<LlamaSession> {
    const one = await LlamaSession.open(engine, tenant);
    await one.begin();
    for (const seed of [50, 51]) await one.show(seed);
    await one.say('What is it?');
    await one.end();
    return one;
  }

  it('finds nothing of one tenant for another, who shows and says the same: beside it, after it, and beyond its slots', async () => {
    const frames = 2 * engine.caps.tokensPerFrame;
    const first = await shown('a');
    const own = await readAnswer(first.session.generate({ maxTokens: 2 }));
    expect(own.end?.usage.cached).toBeGreaterThanOrEqual(frames);

    const opened = [first];
    const computed: number[] = [];
    for (const tenant of ['b', 'c', 'd', 'e']) {
      const before = await counters();
      const other = await shown(tenant);
      computed.push((await counters()).computed - before.computed);
      opened.push(other);
    }
    await Promise.all(opened.map(({ session }) => session.close()));
    const before = await counters();
    const after = await shown('f');
    computed.push((await counters()).computed - before.computed);
    await after.session.close();
    for (const tokens of computed) expect(tokens).toBeGreaterThanOrEqual(frames);
  });

  it('is free as soon as an answer is left', async () => {
    const one = await LlamaSession.open(engine, 'leaving');
    await one.begin();
    await one.say('Tell a very long story about a ship.');
    await one.end();
    const abort = new AbortController();
    const events = one.session.generate({ maxTokens: 2000, signal: abort.signal });
    for await (const { t } of events) if (t === 'token') break;
    abort.abort();
    await idle(2000);
    const again = await readAnswer(one.session.generate({ maxTokens: 4 }));
    expect(again.text).not.toBe('');
    await one.session.close();
  });

  it('is free as soon as a question takes the place of what was sent ahead', async () => {
    const one = await LlamaSession.open(engine, 'speaking');
    const { aborted } = engine.stats.warm;
    await one.begin();
    const showing = one.show(90);
    await sleep(20);
    await one.speak(2);
    await showing;
    await idle(10_000);
    expect(engine.stats.warm.aborted).toBe(aborted + 1);
    await one.session.close();
  });
});
