import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type Answer, type NodeCall } from '@vis-a-vis/client/node';
import { CALL_FOLDER, readCallScript, type CallScript } from '../../tools/support/call-script.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(90_000);

/** Real: the built gateway as its own process, and calls over WebRTC. */
describe('a gateway that is asked to stop', () => {
  let script: CallScript;
  let gateway: Gateway;
  const calls: NodeCall[] = [];
  const dial = async () => {
    const call = await connectNode({ url: gateway.url, session: { max_output_tokens: 16 } });
    calls.push(call);
    return call;
  };

  beforeAll(async () => {
    script = await readCallScript(CALL_FOLDER);
  });
  afterEach(async () => {
    await Promise.all(calls.splice(0).map((call) => call.close()));
    await gateway.stop();
  });

  it('lets the turn end that runs, takes no new calls, and says so', async () => {
    gateway = await Gateway.start({ VISAVIS_DRAIN_MS: '30000' });
    const [idle, speaking] = [await dial(), await dial()];
    const idleClosed = new Promise((resolve) => idle.on('closed', resolve));
    const closed = new Promise((resolve) => speaking.on('closed', resolve));
    const heard = new Promise((resolve) => speaking.on('speech', resolve));
    const answered = new Promise<Answer>((resolve) => speaking.on('answer', resolve));
    const said = speaking.speak(script.questions[0]!.clip);
    await heard;
    gateway.terminate();
    await idleClosed;

    const refused = await fetch(`${gateway.url}v1/realtime/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: 'v=0\r\n',
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ error: { code: 'draining' } });
    const health = await fetch(`${gateway.url}health`);
    expect([health.status, await health.json()]).toMatchObject([503, { status: 'draining' }]);

    await said;
    expect((await answered).status).toMatch(/^(completed|incomplete)$/);
    await closed;
    expect(await gateway.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('waits no longer than its setting says', async () => {
    gateway = await Gateway.start({ VISAVIS_DRAIN_MS: '300' });
    const speaking = await dial();
    const heard = new Promise((resolve) => speaking.on('speech', resolve));
    const closed = new Promise((resolve) => speaking.on('closed', resolve));
    speaking.speak(script.questions[0]!.clip).catch(() => undefined);
    await heard;
    gateway.terminate();
    await sleep(100);
    expect((await fetch(`${gateway.url}health`)).status).toBe(503);
    await closed;
    expect(await gateway.stop()).toMatchObject({ code: 0 });
  });

  it('waits for no connection without a request', async () => {
    gateway = await Gateway.start();
    const port = Number(new URL(gateway.url).port);
    const sockets = [
      '',
      'GET /health HT',
      'POST /v1/realtime/calls HTTP/1.1\r\ncontent-length: 9\r\n\r\nv=0',
    ].map((text) => ({ text, socket: connect(port, '127.0.0.1').on('error', () => undefined) }));
    for (const { socket, text } of sockets) {
      await once(socket, 'connect');
      socket.write(text);
    }
    // Kept alive by `fetch`, which comes after what the others sent.
    expect((await fetch(`${gateway.url}health`)).status).toBe(200);
    const askedAt = performance.now();
    expect(await gateway.stop()).toMatchObject({ code: 0, stderr: '' });
    // A moment: without a call nothing is waited for, and 10 s is when the gateway would give up on an orderly end.
    expect(performance.now() - askedAt).toBeLessThan(5000);
    for (const { socket } of sockets) socket.destroy();
  });
});
