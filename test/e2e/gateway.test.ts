import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import { Gateway, runGateway } from './support/gateway.js';

jest.setTimeout(60_000);

/** Real: the built gateway as its own process. */
describe('the gateway process', () => {
  it('checks its settings and its model, and ends', async () => {
    const { code, stdout, stderr } = await runGateway(['--check-config']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^configuration ok: model \S+, port 0\n$/);
  });

  it('says in one line each what is wrong with its settings', async () => {
    const { code, stderr } = await runGateway([], { VISAVIS_PORT: 'eighty', VISAVIS_VAD_MODEL: 'v5' });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^bad_config: VISAVIS_PORT: /),
      expect.stringMatching(/^bad_config: VISAVIS_VAD_MODEL: /),
    ]);
  });

  it.each([['--check-config'], []])(
    'says in one line that the model folder is not there (%s)',
    async (...args) => {
      const { code, stderr } = await runGateway(args, { VISAVIS_MODEL: 'no/such/folder' });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^bad_model: .*no\/such\/folder.*manifest\.json.*\n$/);
    },
  );

  it('reports health and metrics, hangs up, and stops in order', async () => {
    const gateway = await Gateway.start();
    try {
      const health = await fetch(`${gateway.url}health`);
      expect([health.status, await health.json()]).toEqual([
        200,
        { status: 'ready', parts: { engine: { ok: true }, vad: { ok: true }, video: { ok: true } } },
      ]);
      const call = await connectNode({ url: gateway.url });
      const closed = new Promise((resolve) => call.on('closed', resolve));
      expect(await gateway.metrics()).toContain('visavis_sessions 1\n');

      const ended = gateway.stop();
      expect(await closed).toEqual({ reason: 'the gateway hung up' });
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('"reason":"shutdown"');
      expect(stdout).toContain('"stopped"');
    } finally {
      await gateway.stop();
    }
  });
});
