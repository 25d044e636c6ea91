import { setTimeout as sleep } from 'node:timers/promises';
import { HealthService } from './health.service.js';

const calls = { open: 3, detached: 1 };
const serving = { draining: false, troubles: () => ({ drops: { late: 2 } }), calls: () => calls };
const { troubles } = serving;

describe('HealthService', () => {
  it('is ready when every part works', async () => {
    const health = new HealthService(
      { a: async () => undefined, b: async () => undefined },
      { nowMs: () => 0 },
      serving,
    );
    expect(await health.check()).toEqual({
      status: 'ready',
      parts: { a: { ok: true }, b: { ok: true } },
      calls,
      troubles: troubles(),
    });
  });

  it('names the part that does not work, and why', async () => {
    const broken = async () => Promise.reject(new Error('no worker'));
    const health = new HealthService({ a: async () => undefined, b: broken }, { nowMs: () => 0 }, serving);
    expect(await health.check()).toEqual({
      status: 'not_ready',
      parts: { a: { ok: true }, b: { ok: false, reason: 'no worker' } },
      calls,
      troubles: { drops: { late: 2 } },
    });
  });

  it('does not wait for a part that hangs', async () => {
    const health = new HealthService(
      { a: () => sleep(1000, undefined, { ref: false }) },
      { nowMs: () => 0 },
      serving,
      10,
    );
    expect((await health.check()).parts['a']).toEqual({ ok: false, reason: 'no answer within 10 ms' });
  });

  it('probes at most once a second', async () => {
    let nowMs = 0;
    let probes = 0;
    const health = new HealthService({ a: async () => void (probes += 1) }, { nowMs: () => nowMs }, serving);
    await health.check();
    nowMs = 900;
    await health.check();
    expect(probes).toBe(1);
    nowMs = 1100;
    await health.check();
    expect(probes).toBe(2);
  });

  it('tells that it drains as soon as it does, whatever else works', async () => {
    const lifecycle = { ...serving, draining: false };
    const health = new HealthService({ a: async () => undefined }, { nowMs: () => 0 }, lifecycle);
    expect((await health.check()).status).toBe('ready');
    lifecycle.draining = true;
    expect(await health.check()).toEqual({
      status: 'draining',
      parts: { a: { ok: true } },
      calls,
      troubles: troubles(),
    });
  });
});
