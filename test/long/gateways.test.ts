import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import { Gateway, runGateway } from '../e2e/support/gateway.js';
import { TestSocket } from '../../src/realtime/testing/socket.js';

jest.setTimeout(120_000);

/** Real: two built gateways behind their parent, each a process; calls over WebRTC and WebSocket; a process that is killed. */

async function until<T>(find: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`it never came to ${what}`);
}

interface Placed {
  readonly call: NodeCall;
  readonly id: string;
  /** The gateway that has it, by its id. */
  readonly at: number;
}

describe('two gateways on one machine', () => {
  let gateway: Gateway;
  let calls: readonly [Placed, Placed];
  const sides: TestSocket[] = [];

  beforeAll(async () => {
    gateway = await Gateway.start({ VISAVIS_GATEWAYS: '2', VISAVIS_ICE_UDP_PORT: '21830' });
  });
  afterAll(async () => {
    for (const side of sides) side.close();
    await Promise.all((calls ?? []).map(({ call }) => call.close()));
    await gateway?.stop();
  });

  const dial = async (): Promise<Placed> => {
    let id = '';
    const call = await connectNode({
      url: gateway.url,
      exchange: async (body) => {
        const headers = { 'content-type': 'application/sdp' };
        const answer = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body });
        id = answer.headers.get('location')?.split('/').at(-1) ?? '';
        return answer.text();
      },
    });
    call.on('error', () => undefined);
    return { call, id, at: id.startsWith('rtc_a') ? 0 : 1 };
  };
  const socket = async (query: string, key?: string): Promise<TestSocket> => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const url = `${gateway.url.replace('http', 'ws')}v1/realtime${query}`;
    const side = await TestSocket.open(url, ['realtime'], { headers });
    sides.push(side);
    return side;
  };
  const valueOf = async (metric: string): Promise<number> => {
    const line = (await gateway.metrics()).split('\n').find((one) => one.startsWith(`${metric} `));
    return Number(line?.slice(metric.length + 1) ?? NaN);
  };
  const comesTo = (metric: string, value: number) =>
    until(async () => ((await valueOf(metric)) === value ? true : undefined), `${metric} ${value}`);

  it('share calls, and each is found by its id', async () => {
    const both = await Promise.all([dial(), dial()]);
    calls = both[0].at === 0 ? both : [both[1], both[0]];
    expect(calls.map(({ at }) => at)).toEqual([0, 1]);
    for (const { call, id } of calls) {
      const side = await socket(`?call_id=${id}`);
      const { text, status } = await call.ask('hello');
      expect(status).toBe('completed');
      await side.until('response.done', 20_000);
      const [answer] = side.of('response.done')[0]?.response.output ?? [];
      expect(JSON.stringify(answer)).toContain(JSON.stringify(text).slice(1, -1));
    }
  });

  it('are told of as one', async () => {
    await comesTo('visavis_gateways_up', 2);
    await comesTo('visavis_gateway_sessions{gateway="0"}', 1);
    await comesTo('visavis_gateway_sessions{gateway="1"}', 1);
    expect(await valueOf('visavis_sessions')).toBe(2);
    expect(await valueOf('visavis_turns_total{status="completed"}')).toBe(2);
    expect(await gateway.health()).toMatchObject({ status: 'ready', calls: { open: 2, detached: 0 } });
  });

  it('know a client secret that one of them has made, as soon as it is given out', async () => {
    const made = await fetch(`${gateway.url}v1/realtime/client_secrets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session: { type: 'realtime', instructions: 'of the secret' } }),
    });
    const { value } = (await made.json()) as { value: string };
    const both = [await socket('', value), await socket('', value)];
    for (const one of both) {
      await one.until('session.created', 20_000);
      expect(one.of('session.created')[0]?.session.instructions).toBe('of the secret');
    }
    await comesTo('visavis_gateway_sessions{gateway="0"}', 2);
    await comesTo('visavis_gateway_sessions{gateway="1"}', 2);
    for (const one of both) one.close();
  });

  it('a crash of one takes its own calls only, and it is up again', async () => {
    const [stays, lost] = calls;
    process.kill(await pidOf(gateway.pid, 1), 'SIGKILL');
    await sides[1]?.untilClosed(20_000);
    expect((await stays.call.ask('hello')).status).toBe('completed');
    const hangUp = await fetch(`${gateway.url}v1/realtime/calls/${lost.id}/hangup`, { method: 'POST' });
    expect([hangUp.status, await hangUp.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    await comesTo('visavis_gateways_up', 2);
    expect(await valueOf('visavis_gateways_lost_total{gateway="1"}')).toBe(1);
    expect(await valueOf('visavis_gateways_lost_total{gateway="0"}')).toBe(0);
    expect(await gateway.health()).toMatchObject({ status: 'ready', troubles: { gateways_lost: { 1: 1 } } });
    await lost.call.close();

    const next = await dial();
    calls = [stays, next];
    expect(next.at).toBe(1);
    expect((await next.call.ask('hello')).status).toBe('completed');
  });

  it('end a call that is hung up by HTTP', async () => {
    const [{ call, id }] = calls;
    const closed = new Promise((resolve) => call.on('closed', resolve));
    const ended = await fetch(`${gateway.url}v1/realtime/calls/${id}`, { method: 'DELETE' });
    expect(ended.status).toBe(200);
    await closed;
  });

  it('end in order, each once its turns are over', async () => {
    const [, { call }] = calls;
    const closed = new Promise((resolve) => call.on('closed', resolve));
    const last = await socket('');
    const ended = gateway.stop();
    await closed;
    expect((await last.untilClosed(20_000)).code).toBe(1001);
    const { code, stderr, stdout } = await ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.includes('"stopped"'))).toHaveLength(3);
  });
});

describe('gateways that cannot start', () => {
  it('end their parent with their exit code, and say why', async () => {
    const ended = await runGateway([], { VISAVIS_GATEWAYS: '2', VISAVIS_MODEL: '/nowhere' });
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('bad_model: ')]);
  });
});

/** @param of the parent */
async function pidOf(of: number, number: number): Promise<number> {
  const children = (await readFile(`/proc/${of}/task/${of}/children`, 'utf8')).trim().split(' ').map(Number);
  for (const pid of children)
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(`--gateway=${number}`)) return pid;
  throw new Error(`gateway ${number} does not run`);
}
