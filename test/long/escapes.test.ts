import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type Answer, type CallError } from '@vis-a-vis/client/node';
import { OF_A_CALL, countObjects } from '../support/heap-count.js';
import { Gateway } from '../e2e/support/gateway.js';
import { BARE_OFFER, exchangeWith } from '../e2e/support/offers.js';

jest.setTimeout(90_000);

/** Real: the built gateway as its own process, and calls over WebRTC. Preloaded into it: what makes it throw (probed-gateway). */
interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly call?: string;
  readonly err?: { readonly message: string; readonly stack: string };
}
const lines = (stdout: string): LogLine[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);

describe('an exception that nothing catches', () => {
  let gateway: Gateway;
  beforeEach(async () => {
    gateway = await Gateway.start({ VISAVIS_DRAIN_MS: '20000' }, 'probed');
  }, 90_000);
  afterEach(() => gateway.stop());

  it('in a socket of a call ends that call, which is told, and no other', async () => {
    let port = 0;
    const answer = (sdp: string) => (port = Number(/a=candidate:\S+ \d udp \d+ \S+ (\d+)/i.exec(sdp)?.[1]));
    const exchange = exchangeWith(gateway.url, { answer });
    const struck = await connectNode({ url: gateway.url, exchange });
    const other = await connectNode({ url: gateway.url });
    const told = new Promise<CallError>((resolve) => struck.on('error', resolve));
    const closed = new Promise((resolve) => struck.on('closed', resolve));
    await gateway.throwIn('socket', port);
    expect(await told).toMatchObject({ code: 'internal_error' });
    await closed;

    expect((await other.ask('hello')).status).toBe('completed');
    const text = await gateway.metrics();
    expect(text).toContain('visavis_guarded_exceptions_total{where="escaped"} 1');
    expect(text).toContain('visavis_sessions_ended_total{reason="internal_error"} 1');
    expect(await (await fetch(`${gateway.url}health`)).json()).toMatchObject({
      status: 'ready',
      troubles: { guarded_exceptions: { escaped: 1 } },
    });
    await Promise.all([struck.close(), other.close()]);
    const { code, stdout } = await gateway.stop();
    expect(code).toBe(0);
    const [line] = lines(stdout).filter(({ level }) => level === 50);
    expect(line).toMatchObject({
      call: expect.stringMatching(/^rtc_/),
      err: { message: 'struck in a socket' },
    });
    expect(line?.err?.stack).toContain('probed-gateway.mjs');
  });

  it.each(['timer', 'rejection'] as const)(
    'in a %s that is no call’s is logged, and the gateway drains and ends with 1',
    async (where) => {
      const call = await connectNode({ url: gateway.url });
      const begun = new Promise((resolve) => call.on('delta', resolve));
      const answered: Promise<Answer> = call.ask('describe what you see');
      await begun;
      await gateway.throwIn(where);
      expect((await answered).status).toBe('completed');
      const { code, signal, stdout } = await gateway.end;
      expect([code, signal]).toEqual([1, null]);
      const fatal = lines(stdout).filter(({ level }) => level === 60);
      expect(fatal).toMatchObject([{ err: { message: expect.stringContaining('struck') } }]);
      expect(fatal[0]?.err?.stack).toContain('probed-gateway.mjs');
      expect(lines(stdout).at(-1)?.msg).toBe('stopped');
      await call.close();
    },
  );
});

describe('what 50 calls leave behind', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'visavis-heap-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is nothing: ended, hung up before they connected, and refused', async () => {
    const gateway = await Gateway.start({}, 'probed');
    try {
      const ended = async () => {
        const call = await connectNode({ url: gateway.url });
        await call.ask('hello');
        await call.close();
      };
      const hungUp = async () => {
        let location = '';
        await exchangeWith(gateway.url, { answer: (_sdp, at) => (location = at) })(BARE_OFFER);
        await fetch(new URL(`${location}/hangup`, gateway.url), { method: 'POST' });
      };
      const refused = () =>
        fetch(`${gateway.url}v1/realtime/calls`, {
          method: 'POST',
          headers: { 'content-type': 'application/sdp' },
          body: BARE_OFFER.replace('m=audio', 'm=video'),
        });
      const open = await connectNode({ url: gateway.url });
      for (let i = 0; i < 12; i++) await Promise.all([ended(), ended(), hungUp(), hungUp(), refused()]);
      // Timers of what has ended run out.
      await sleep(3000);
      const file = join(folder, 'after.heapsnapshot');
      await gateway.writeHeap(file);
      const counts = await countObjects(file, OF_A_CALL);
      // The one that is still open is found, so these are the names that count.
      expect(Object.keys(counts).toSorted()).toEqual(OF_A_CALL.toSorted());
      expect(counts).toMatchObject({ Call: 1, LiveConversation: 1, WeriftPeer: 1, WorkerSession: 1 });
      expect(Object.values(counts).filter((count) => count > 3)).toEqual([]);
      await open.close();
    } finally {
      await gateway.stop();
    }
  });
});
