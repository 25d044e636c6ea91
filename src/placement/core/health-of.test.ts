import type { Health } from '../../health/health.service.js';
import { healthOf } from './health-of.js';

const well: Health = {
  status: 'ready',
  parts: { engine: { ok: true }, vad: { ok: true } },
  calls: { open: 2, detached: 1 },
  troubles: { drops: { late: 1 }, parts_lost: {} },
};
const ill: Health = {
  ...well,
  status: 'not_ready',
  parts: { engine: { ok: false, reason: 'no worker' }, vad: { ok: true } },
};

describe('healthOf', () => {
  it('adds up what each tells, and takes calls where one does', () => {
    expect(healthOf([well, ill], new Map(), false)).toEqual({
      status: 'ready',
      parts: { engine: { ok: false, reason: 'gateway 1: no worker' }, vad: { ok: true } },
      calls: { open: 4, detached: 2 },
      troubles: { drops: { late: 2 }, parts_lost: {}, gateways_lost: {} },
    });
    expect(healthOf([ill, well], new Map(), false).parts['engine']?.ok).toBe(false);
    expect(healthOf([ill, ill], new Map(), false).status).toBe('not_ready');
    expect(healthOf([well, well], new Map(), true).status).toBe('draining');
  });

  it('names a gateway that does not run, and how often each was lost', () => {
    const health = healthOf([well, null], new Map([[1, 3]]), false);
    expect(health).toMatchObject({
      status: 'ready',
      parts: { 'gateway 1': { ok: false, reason: 'it does not run' } },
      calls: { open: 2, detached: 1 },
      troubles: { gateways_lost: { 1: 3 } },
    });
    expect(healthOf([null, null], new Map(), false).status).toBe('not_ready');
  });
});
