import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RemoteEngine } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { readLlamaCounters } from '../../tools/servers/llama-counters.js';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import type { ServerProcess } from '../../tools/servers/server-process.js';
import { ServerSession } from '../support/server-session.js';

// Real: llama.cpp's own server as a process of its own, which counts what it computes and what it finds in its cache. Not real: what leads from
// pictures and sounds to the language model, which is random.

Logger.overrideLogger(false);

const FRAMES = 6;
const SLOTS = 3;
/** Beside frames and sound: what the template and turns add. */
const REST = 60;

describe('what the server knows of a session', () => {
  let server: ServerProcess;
  let engine: RemoteEngine;
  beforeAll(async () => {
    server = await startLlamaServer({ side: 112, slots: SLOTS, threads: 1 });
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
    const one = await ServerSession.open(engine, 'warm');
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

  /** The same of everybody. @returns prompt tokens that the server computed for it */
  async function computedFor(one: ServerSession, ahead: boolean): Promise<number> {
    await idle(5000);
    const before = await counters();
    await one.begin();
    for (const seed of [50, 51]) await one.show(seed, ahead);
    await one.say('What is it?');
    await one.end();
    await readAnswer(one.session.generate({ maxTokens: 1 }));
    await idle(5000);
    return (await counters()).computed - before.computed;
  }

  it('finds nothing of one tenant for another who shows and says the same: beside it, beyond its slots, and after it', async () => {
    const frames = 2 * engine.caps.tokensPerFrame;
    const open = (tenant: string) => ServerSession.open(engine, tenant);
    const first = await open('a');
    const own = await computedFor(first, true);
    // All slots but one are tied to sessions; that one is for whoever has none.
    const tied = await Promise.all(Array.from({ length: SLOTS - 2 }, (_, n) => open(`tied ${n}`)));
    const loose = await Promise.all([open('loose 0'), open('loose 1')]);
    for (const one of tied) expect(await computedFor(one, true)).toBeGreaterThanOrEqual(frames);
    for (const one of loose) {
      const whole = await computedFor(one, false);
      expect(whole).toBeGreaterThanOrEqual(frames);
      // What is sent ahead is found at the question, so no frame is computed twice.
      expect(own).toBeLessThan(whole + frames);
    }
    await Promise.all([first, ...tied, ...loose].map(({ session }) => session.close()));
    const later = await open('later');
    expect(await computedFor(later, true)).toBeGreaterThanOrEqual(frames);
    await later.session.close();
  });

  it('is free as soon as an answer is left', async () => {
    const one = await ServerSession.open(engine, 'leaving');
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
    const one = await ServerSession.open(engine, 'speaking');
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
