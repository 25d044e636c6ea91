import { CallError } from '../errors.js';
import { DEFAULT_RECOVERY, Recovery } from './recovery.js';

const error = (code: string, retryAfterMs: number | null = null) => new CallError(code, '', { retryAfterMs });

describe('Recovery', () => {
  it('doubles its waits up to the longest, by a fifth more or less', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['restart']);
    const waits = [0.5, 0, 1, 0.5, 0.5, 0.5].map((random) => {
      recovery.handleFailed(error('connect_failed'));
      return recovery.next(0, random)?.afterMs;
    });
    expect(waits).toEqual([500, 800, 2400, 4000, 8000, 8000]);
  });

  it('dials where the gateway knows nothing of the call, at once', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['restart']);
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'restart', number: 1 });
    recovery.handleFailed(error('connect_failed'));
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'restart', afterMs: 1000 });
    recovery.handleFailed(error('not_found'));
    expect(recovery.next(0, 0.5)).toMatchObject({ way: 'dial', afterMs: 500 });
    recovery.handleFailed(error('not_found'));
    expect(recovery.next(0, 0.5)).toBeNull();
  });

  it('dials after three restarts that the gateway took and that came to nothing, and where the connection is closed', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['restart']);
    const ways = ['connect_timeout', 'connect_timeout', 'connect_timeout'].map((code) => {
      recovery.handleFailed(error(code));
      return recovery.next(0, 0.5)?.way;
    });
    expect(ways).toEqual(['restart', 'restart', 'dial']);
    const closed = new Recovery(DEFAULT_RECOVERY, 0, ['restart']);
    closed.handleClosed();
    expect(closed.next(0, 0.5)?.way).toBe('dial');
    expect(new Recovery(DEFAULT_RECOVERY, 0, []).next(0, 0.5)?.way).toBe('dial');
  });

  it('comes back to a call that the gateway keeps, before it dials another', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['restart', 'resume']);
    const ways = ['connect_failed', 'not_found', 'connect_failed', 'connect_timeout', 'resume_expired'].map(
      (code) => {
        recovery.handleFailed(error(code));
        return recovery.next(0, 0.5);
      },
    );
    expect(ways.map((attempt) => `${attempt?.way} ${attempt?.afterMs}`)).toEqual([
      'restart 500',
      'resume 500',
      'resume 1000',
      'resume 2000',
      'dial 500',
    ]);
  });

  it.each(['not_found', 'resume_not_found', 'draining'])(
    'has no other way than to dial behind %s',
    (code) => {
      const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['resume']);
      recovery.handleFailed(error(code));
      expect(recovery.next(0, 0.5)?.way).toBe('dial');
    },
  );

  it('restarts once where nothing is lost by another connection, and not where there is none', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, ['restart', 'resume']);
    recovery.handleFailed(error('connect_timeout'));
    expect(recovery.next(0, 0.5)?.way).toBe('resume');
    const closed = new Recovery(DEFAULT_RECOVERY, 0, ['restart', 'resume']);
    closed.handleClosed();
    closed.handleClosed();
    expect(closed.next(0, 0.5)?.way).toBe('resume');
  });

  it('waits as long as the gateway says, once', () => {
    const recovery = new Recovery(DEFAULT_RECOVERY, 0, []);
    recovery.handleFailed(error('capacity', 7000));
    expect(recovery.next(0, 0.5)?.afterMs).toBe(7000);
    expect(recovery.next(0, 0.5)?.afterMs).toBe(1000);
  });

  it('gives up where trying again is no use, and when its time is over', () => {
    const refused = new Recovery(DEFAULT_RECOVERY, 0, []);
    refused.handleFailed(error('invalid_api_key'));
    expect(refused.next(0, 0.5)).toBeNull();
    const late = new Recovery(DEFAULT_RECOVERY, 1000, ['restart']);
    expect(late.next(90_000, 0.5)).not.toBeNull();
    expect(late.next(90_001, 0.5)).toBeNull();
  });
});
