import { ResumeTokens } from './resume-tokens.js';

const NOWHERE = { k: 'nowhere' };
const CALL = { k: 'call', id: 'c' };

function issued() {
  const tokens = new ResumeTokens();
  tokens.issue('t1', { id: 'c', tenant: 'acme' });
  return tokens;
}

describe('ResumeTokens', () => {
  it('lead to their call, for its own tenant', () => {
    const tokens = issued();
    expect(tokens.look('t1', 'acme')).toEqual(CALL);
    for (const tenant of ['other', null]) expect(tokens.look('t1', tenant)).toEqual(NOWHERE);
    expect([tokens.look('t2', 'acme'), tokens.look('t2', null)]).toEqual([NOWHERE, NOWHERE]);
  });

  it('are good once, and for another try until it is known that the client has the next', () => {
    const tokens = issued();
    expect([tokens.spend('t1'), tokens.look('t1', 'acme'), tokens.has('c')]).toEqual([true, CALL, true]);
    tokens.issue('t2', { id: 'c', tenant: 'acme' });
    expect([tokens.spend('t1'), tokens.look('t2', 'acme')]).toEqual([true, NOWHERE]);
    tokens.issue('t3', { id: 'c', tenant: 'acme' });
    tokens.confirm('c');
    expect([tokens.spend('t1'), tokens.look('t1', 'acme'), tokens.look('t3', 'acme')]).toEqual([
      false,
      NOWHERE,
      CALL,
    ]);
    expect([tokens.spend('t3'), tokens.look('t1', 'acme')]).toEqual([true, NOWHERE]);
  });

  it('are void once another is issued, or the call is over', () => {
    const tokens = issued();
    tokens.issue('t2', { id: 'c', tenant: 'acme' });
    expect([tokens.spend('t1'), tokens.look('t2', 'acme')]).toEqual([false, CALL]);
    tokens.forget('c');
    expect(tokens.look('t2', 'acme')).toEqual(NOWHERE);
  });

  it('say that they came too late, to their own tenant, for a while', () => {
    const tokens = issued();
    tokens.expire('c');
    expect([tokens.look('t1', 'acme'), tokens.look('t1', 'other'), tokens.spend('t1')]).toEqual([
      { k: 'expired' },
      NOWHERE,
      false,
    ]);
    for (let n = 0; n < 1000; n++) {
      tokens.issue(`x${n}`, { id: `x${n}`, tenant: null });
      tokens.expire(`x${n}`);
    }
    expect([tokens.look('t1', 'acme'), tokens.look('x999', null)]).toEqual([NOWHERE, { k: 'expired' }]);
  });
});
