import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type CallError, type NodeCall } from '@vis-a-vis/client/node';
import type { ServerEvent } from '@vis-a-vis/protocol';
import { CALL_FOLDER, readCallScript, type CallScript } from '../../tools/support/call-script.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(90_000);

/** Real: the built gateway as its own process, and calls over WebRTC with sound. Its VAD worker is made to die. */
describe('a gateway whose VAD worker dies', () => {
  let script: CallScript;
  let gateway: Gateway;
  let call: NodeCall;
  beforeAll(async () => {
    script = await readCallScript(CALL_FOLDER);
    gateway = await Gateway.start({}, 'probed');
    call = await connectNode({
      url: gateway.url,
      session: { max_output_tokens: 16, visavis: { events: ['degraded'] } },
    });
  }, 90_000);
  afterAll(async () => {
    await call?.close();
    await gateway?.stop();
  });

  const health = async () => {
    const response = await fetch(`${gateway.url}health`);
    return [response.status, await response.json()];
  };

  it('starts another, and the call that was up is heard by it', async () => {
    await gateway.loseVad(false);
    while (!(await gateway.metrics()).includes('visavis_vad_workers_lost_total 1')) await sleep(50);
    const answered = new Promise((resolve) => call.on('answer', resolve));
    await call.speak(script.questions[0]!.clip);
    await answered;
    expect(await health()).toMatchObject([200, { status: 'ready', troubles: { workers_lost: { vad: 1 } } }]);
  });

  it('where none can be started tells every call, ends the turn that is open, and answers what is typed', async () => {
    const events: ServerEvent[] = [];
    call.on('event', (event) => events.push(event));
    const heard = new Promise((resolve) => call.on('speech', resolve));
    const told = new Promise<CallError>((resolve) => call.on('error', resolve));
    const answered = new Promise((resolve) => call.on('answer', resolve));
    const said = call.speak(script.questions[0]!.clip);
    await heard;
    await gateway.loseVad(true);
    expect(await told).toMatchObject({ code: 'part_lost' });
    await Promise.all([said, answered]);
    expect(events.filter(({ type }) => type === 'visavis.degraded')).toMatchObject([{ part: 'hearing' }]);
    expect((await call.ask('hello')).status).toBe('completed');

    const late = await connectNode({ url: gateway.url });
    expect(await new Promise((resolve) => late.on('error', resolve))).toMatchObject({ code: 'part_lost' });
    await late.close();
    expect(await health()).toMatchObject([
      503,
      { status: 'not_ready', parts: { vad: { ok: false } }, troubles: { parts_lost: { hearing: 2 } } },
    ]);
    await call.close();
    expect(await gateway.stop()).toMatchObject({ code: 0, signal: null });
  });
});
