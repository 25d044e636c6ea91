import { withoutCredentials } from './without-credentials.js';

describe('withoutCredentials', () => {
  it('leaves out what TURN servers are asked with, and what a client comes back by', () => {
    const session = { visavis: { resume: true } };
    const told = {
      type: 'session.created',
      session,
      visavis: {
        ice_servers: [{ urls: 'turn:a', credential: 'secret' }],
        resume: { token: 'secret', window_ms: 60_000 },
      },
    };
    const kept = withoutCredentials(JSON.stringify(told));
    expect(kept).not.toContain('secret');
    expect(JSON.parse(kept)).toEqual({
      ...told,
      visavis: { ice_servers: [], resume: { token: '', window_ms: 60_000 } },
    });
  });

  it('leaves everything else', () => {
    for (const text of ['{"type":"x","resume":true}', '{"type": "no token"}', 'no JSON'])
      expect(withoutCredentials(text)).toBe(text);
    const token = { type: 'x', token: 1, resume: { token: 1 } };
    expect(JSON.parse(withoutCredentials(JSON.stringify(token)))).toEqual(token);
  });
});
