import { CallError } from '../errors.js';
import { DEFAULT_RECOVERY, Recovery } from './recovery.js';

const error = (code: string, retryAfterMs: number | null = null) => new CallError(code, '', { retryAfterMs });

describe('Recovery', () => {
  it('doubles its waits up to the longest, by a fifth more or less', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, true);
    const waits = [0.5, 0, 1, 0.5, 0.5, 0.5].map((random) => {
      recovery.handleFailed(error('connect_failed'));
      return recovery.next(0, random)?.afterMs;
    });
    expect(waits).toEqual([500, 800, 2400, 4000, 8000, 8000]);
  });

  it('dials where the gateway knows nothing of the call, at once', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, true);
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'restart', number: 1 });
    recovery.handleFailed(error('connect_failed'));
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'restart', afterMs: 1000 });
    recovery.handleFailed(error('not_found'));
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'dial', afterMs: 500 });
    recovery.handleFailed(error('not_found'));
    expect(recovery.next(0, 0.5)).toBeNull();
  });

  it('dials after three restarts that the gateway took and that came to nothing, and where the connection is closed', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, true);
    const ways = ['connect_timeout', 'connect_timeout', 'connect_timeout'].map((code) => {
      recovery.handleFailed(error(code));
      return recovery.next(0, 0.5)?.way;
    });
    expect(ways).toEqual(['restart', 'restart', 'dial']);
    const closed = new Recovery(DEFAULT_RECOVERY, 0, true);
    closed.handleClosed();
    expect(closed.next(0, 0.5)?.way).toBe('dial');
    expect(new Recovery(DEFAULT_RECOVERY, 0, false).next(0, 0.5)?.way).toBe('dial');
  });

  it('waits as long as the gateway says, once', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, false);
    recovery.handleFailed(error('capacity', 7000));
    expect(recovery.next(0, 0.5)?.afterMs).toBe(7000);
    expect(recovery.next(0, 0.5)?.afterMs).toBe(1000);
  });

  it('gives up where trying again is no use, and when its time is over', () => {
    const refused = new Recovery(DEFAULT_RECOVERY, 0, false);
    refused.handleFailed(error('invalid_api_key'));
    expect(refused.next(0, 0.5)).toBeNull();
    const late = new Recovery(DEFAULT_RECOVERY, 1000, true);
    expect(late.next(60_000, 0.5)).not.toBeNull();
    expect(late.next(60_001, 0.5)).toBeNull();
  });
});
