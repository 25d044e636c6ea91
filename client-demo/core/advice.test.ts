import { adviceOf } from './advice.js';

const told = (code: string, retryAfterMs: number | null = null) =>
  adviceOf({ code, message: 'what the gateway says', retryAfterMs });

describe('adviceOf', () => {
  it('says when to come again, where the gateway does', () => {
    expect(told('capacity', 1200)).toEqual({
      title: 'problem.full',
      todo: 'problem.full.do',
      params: { s: 2 },
      actions: ['retry'],
      waitMs: 1200,
    });
    expect(told('capacity')).toMatchObject({ todo: 'problem.full.soon', waitMs: null });
    expect(told('insufficient_quota', 60_000)).toMatchObject({ title: 'problem.quota', params: { s: 60 } });
    expect(told('draining', 2000)).toMatchObject({ title: 'problem.restart', todo: 'problem.soon.do' });
  });

  it.each([
    ['missing_api_key', 'problem.key', ['key']],
    ['permission_denied', 'problem.permission', ['retry', 'table']],
    ['device_busy', 'problem.busy', ['retry', 'table']],
    ['not_supported', 'problem.insecure', ['table']],
    ['connect_failed', 'problem.unreachable', ['retry']],
    ['connect_timeout', 'problem.noWay', ['retry']],
    ['connection_lost', 'problem.lost', ['retry']],
    ['part_lost', 'problem.part', []],
  ])('knows %s', (code, title, actions) => {
    expect(told(code)).toMatchObject({ title, todo: `${title}.do`, actions });
  });

  it('tells what it does not know in the words of the gateway', () => {
    expect(told('bad_sdp')).toMatchObject({
      title: 'problem.other',
      params: { message: 'what the gateway says' },
    });
  });
});
