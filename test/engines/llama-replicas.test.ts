import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import type { Response, ServerEvent } from '@vis-a-vis/protocol';
import { readLlamaCounters } from '../../tools/servers/llama-counters.js';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import type { ServerProcess } from '../../tools/servers/server-process.js';
import { Gateway } from '../e2e/support/gateway.js';

// Real: the built gateway, calls over WebRTC, and two processes of llama.cpp's own server, one of which is killed by SIGKILL.

const CALLS = 4;
/** Within which every turn has to end, once a server is gone (ms). */
const END_MS = 10_000;
/** Of a question on a machine that does something else as well (ms). */
const ANSWER_MS = 60_000;

/** By itself, or at the length that was asked for. */
const WHOLE = /^(?:completed|incomplete)$/;

/** A call that types, and waits for what comes of it. */
class Typing {
  closed = false;
  private readonly events: ServerEvent[] = [];

  constructor(readonly call: NodeCall) {
    call.on('event', (event) => void this.events.push(event));
    call.on('closed', () => (this.closed = true));
  }

  /** @returns resolves when it has begun, and when it has ended */
  ask(text: string): { begun: Promise<void>; ended: Promise<Response> } {
    const from = this.events.length;
    const content = [{ type: 'input_text' as const, text }];
    this.call.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.call.send({ type: 'response.create' });
    const find = async (type: ServerEvent['type']): Promise<ServerEvent> => {
      const untilMs = performance.now() + ANSWER_MS;
      while (performance.now() < untilMs) {
        const found = this.events.slice(from).find((event) => event.type === type);
        if (found) return found;
        await sleep(10);
      }
      throw new Error(
        `no ${type} in ${this.events
          .slice(from)
          .map((event) => event.type)
          .join(', ')}`,
      );
    };
    const ended = find('response.done').then((event) => {
      if (event.type !== 'response.done') throw new Error('another event');
      return event.response;
    });
    const begun = Promise.race([find('response.output_text.delta'), ended]).then(() => undefined);
    begun.catch(() => undefined);
    return { begun, ended };
  }
}

describe('a gateway before two replicas', () => {
  const servers: ServerProcess[] = [];
  let gateway: Gateway;
  const calls: Typing[] = [];
  beforeAll(async () => {
    for (let n = 0; n < 2; n += 1) servers.push(await startLlamaServer({ side: 112, slots: 3, threads: 1 }));
    const urls = servers.map(({ url }) => url).join(',');
    gateway = await Gateway.start({ VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: urls });
    for (let n = 0; n < CALLS; n += 1) {
      const session = { max_output_tokens: 80, instructions: `You are ${n}.` };
      calls.push(new Typing(await connectNode({ url: gateway.url, session })));
    }
  });
  afterAll(async () => {
    await Promise.all(calls.map(({ call }) => call.close()));
    await gateway?.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('loses no call when one is killed in the middle of answers', async () => {
    const turns = calls.map((one) => one.ask('Count from 1 to 100 in words.'));
    await Promise.all(turns.map(({ begun }) => begun));
    const counters = await Promise.all(servers.map(({ url }) => readLlamaCounters(url)));
    expect(counters.map(({ busy }) => busy)).toEqual([2, 2]);
    const [first] = servers;
    await first?.kill();
    const killedAtMs = performance.now();
    const ended = await Promise.all(
      turns.map(async (turn) => ({ response: await turn.ended, ms: performance.now() - killedAtMs })),
    );
    for (const { ms } of ended) expect(ms).toBeLessThan(END_MS);
    const failed = ended.filter(({ response }) => response.status === 'failed');
    const whole = ended.filter(({ response }) => WHOLE.test(response.status));
    expect([failed.length, whole.length]).toEqual([2, 2]);
    const code = { error: { code: 'engine_restarting' } };
    for (const { response } of failed) expect(response.status_details).toMatchObject(code);

    const next = await Promise.all(calls.map((one) => one.ask('Say yes.').ended));
    for (const { status } of next) expect(status).toMatch(WHOLE);
    expect(calls.map(({ closed }) => closed)).toEqual(Array(CALLS).fill(false));
  });

  it('goes on at one that is back, when the other hangs in the middle of answers', async () => {
    const [gone, other] = servers as [ServerProcess, ServerProcess];
    const port = Number(new URL(gone.url).port);
    servers[0] = await startLlamaServer({ side: 112, slots: 3, threads: 1, port });
    const back = `visavis_remote_replica_up{replica="${gone.url}"} 1`;
    const untilMs = performance.now() + ANSWER_MS;
    while (!(await gateway.metrics()).includes(back)) {
      if (performance.now() > untilMs) throw new Error('it did not come back');
      await sleep(100);
    }

    const turns = calls.map((one) => one.ask('Count from 1 to 100 in words.'));
    await Promise.any(turns.map(({ begun }) => begun));
    process.kill(other.pid, 'SIGSTOP');
    const stoppedAtMs = performance.now();
    const ended = await Promise.all(
      turns.map(async (turn) => ({ ...(await turn.ended), ms: performance.now() - stoppedAtMs })),
    );
    const code = { error: { code: 'engine_restarting' } };
    const failed = ended.filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    // Whoever waits for its slot had been told nothing yet, and is answered elsewhere.
    for (const { ms, status_details: why } of failed) {
      expect(ms).toBeLessThan(END_MS);
      expect(why).toMatchObject(code);
    }
    expect(ended.filter(({ status }) => WHOLE.test(status))).toHaveLength(CALLS - failed.length);

    const next = await Promise.all(calls.map((one) => one.ask('Say yes.').ended));
    for (const { status } of next) expect(status).toMatch(WHOLE);
    expect(calls.map(({ closed }) => closed)).toEqual(Array(CALLS).fill(false));
  });
});
