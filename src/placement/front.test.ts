import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocket, WebSocketServer } from 'ws';
import { MAX_BODY_BYTES } from '../http/limits.js';
import { Base } from '../http/place.js';
import { Proxies } from '../http/proxies.js';
import { Placing } from './core/placing.js';
import { tagOf } from './core/tags.js';
import { Front } from './front.js';
import { ParentsWord } from './who-asks.js';

/** Real: HTTP and WebSockets on loopback, the front. Made up: the gateways behind it, which are servers of this process. */
const WORD = 'word';
const callOf = (number: number) => `rtc_${tagOf(number)}0123456789abcdef`;

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** One made-up gateway. */
class Behind {
  readonly server: Server;
  readonly sockets = new WebSocketServer({ noServer: true });
  answer: Answer = (_request, response) => response.end('ok');
  /** Of upgrades; null: they are taken. */
  refusal: string | null = null;
  seen: string[] = [];

  constructor(readonly number: number) {
    this.server = createServer((incoming, response) => {
      this.seen.push(`${incoming.method} ${incoming.url}`);
      this.answer(incoming, response);
    });
    this.server.on('upgrade', (incoming: IncomingMessage, socket, head) => {
      this.seen.push(`WS ${incoming.url}`);
      if (this.refusal !== null) socket.end(this.refusal);
      else
        this.sockets.handleUpgrade(incoming, socket, head, (ws) => {
          ws.on('message', (data: Buffer) => ws.send(`${number}:${data.toString()}`));
          this.sockets.emit('connection', ws);
        });
    });
  }

  get address() {
    return { port: (this.server.address() as AddressInfo).port, word: WORD };
  }
}

describe('Front', () => {
  const behind = [new Behind(0), new Behind(1)] as const;
  const bugs: unknown[] = [];
  let placing: Placing;
  let down: number | null = null;
  let front: Front;
  let url = '';

  beforeAll(async () => {
    for (const { server } of behind) await once(server.listen(0, '127.0.0.1'), 'listening');
    const proxies = new Proxies();
    front = new Front({
      gateways: {
        get placing() {
          return placing;
        },
        addressOf: (number) => (number === down ? null : (behind[number]?.address ?? null)),
      },
      sums: {
        health: () =>
          Promise.resolve({ status: 'not_ready', parts: {}, calls: { open: 3, detached: 0 }, troubles: {} }),
        metrics: () => Promise.resolve({ contentType: 'text/plain', text: 'all 1\n' }),
      },
      base: new Base('/at', proxies),
      proxies,
      onBug: (_where, error) => bugs.push(error),
    });
    await once(front.server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(front.server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    down = null;
    placing = new Placing();
    for (const one of behind) {
      placing.up(one.number);
      one.seen = [];
      one.refusal = null;
      one.answer = (_request, response) => response.end(String(one.number));
    }
  });
  afterEach(() => {
    const [bug] = bugs.splice(0);
    if (bug !== undefined) throw new Error('the front met a bug', { cause: bug });
  });
  afterAll(() => {
    front.close();
    for (const { server } of [front, ...behind]) {
      server.close();
      server.closeAllConnections();
    }
  });

  const post = (path: string, body: string | Uint8Array<ArrayBuffer> = 'v=0', type = 'application/sdp') =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });

  it('passes a request on as it came, and says who asks', async () => {
    const proxies = new ParentsWord(WORD);
    behind[1].answer = async (incoming, response) => {
      const { authorization, host } = incoming.headers;
      const origin = proxies.of(incoming);
      response.writeHead(299, 'Odd', [
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
        'Connection',
        'x-hop',
        'X-Hop',
        '1',
      ]);
      response.end(JSON.stringify({ authorization, host, origin, body: await text(incoming) }));
    };
    const answer = await fetch(`${url}/at/v1/realtime/calls/${callOf(1)}?x=1`, {
      method: 'DELETE',
      headers: {
        authorization: 'Bearer k',
        'x-visavis-who-asks': 'word forged',
        'x-forwarded-for': '1.2.3.4',
      },
      body: 'abc',
    });
    expect([answer.status, answer.statusText, answer.headers.getSetCookie()]).toEqual([
      299,
      'Odd',
      ['a', 'b'],
    ]);
    expect(answer.headers.get('x-hop')).toBeNull();
    const host = new URL(url).host;
    expect(await answer.json()).toEqual({
      authorization: 'Bearer k',
      host,
      origin: { address: '127.0.0.1', host, prefix: null, passedOn: true },
      body: 'abc',
    });
    expect(behind[1].seen).toEqual([`DELETE /at/v1/realtime/calls/${callOf(1)}?x=1`]);
  });

  it('sends an offer that comes back to its call, however it is written', async () => {
    const resume = { token: `resume_${tagOf(1)}0123456789abcdef` };
    const form = new FormData();
    form.set('sdp', 'v=0');
    form.set('resume', JSON.stringify(resume));
    const multipart = new Response(form);
    const bodies = [
      ['/v1/realtime/calls', JSON.stringify({ sdp: 'v=0', resume }), 'application/json'],
      ['/v1/realtime', await multipart.text(), multipart.headers.get('content-type')],
      ['/api/offer', JSON.stringify({ sdp: 'v=0', pc_id: callOf(1) }), 'application/json'],
    ] as const;
    for (const [path, body, type] of bodies) {
      // The other one has more room.
      placing.tell(1, { open: 9, full: true });
      expect(await (await post(path, body, type ?? '')).text()).toBe('1');
    }
  });

  it('spreads new calls, also those that come at once', async () => {
    const offers = Array.from({ length: 10 }, () => post('/v1/realtime/calls'));
    const given = await Promise.all(offers.map(async (offer) => (await offer).text()));
    expect(given.filter((number) => number === '0')).toHaveLength(5);
  });

  it('asks another one, once, where there is no room, with the whole body', async () => {
    const full: Answer = (_request, response) => response.writeHead(503).end('full');
    behind[0].answer = full;
    behind[1].answer = async (incoming, response) => response.end(await text(incoming));
    expect(await (await post('/whip', 'v=0 abc')).text()).toBe('v=0 abc');
    expect([behind[0].seen, behind[1].seen]).toEqual([['POST /whip'], ['POST /whip']]);
    behind[1].answer = full;
    placing.tell(1, { open: 0, full: false });
    expect((await post('/whip')).status).toBe(503);
    expect(behind[0].seen.length + behind[1].seen.length).toBe(4);
    // What is about a call that is open is nobody else's.
    expect((await post(`/whip/${callOf(0)}`)).status).toBe(503);
    expect(behind[1].seen).toHaveLength(2);
  });

  it('asks another one where a gateway ends with the offer', async () => {
    behind[0].answer = ({ socket }) => socket.destroy();
    expect(await (await post('/v1/realtime/calls')).text()).toBe('1');
    const lost = await post(`/v1/realtime/calls/${callOf(0)}/hangup`);
    expect([lost.status, lost.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await lost.json()).toMatchObject({ error: { code: 'engine_restarting' } });
  });

  it('has a gateway that runs say that a call is lost', async () => {
    down = 1;
    placing.down(1);
    expect(await (await post(`/v1/realtime/calls/${callOf(1)}/hangup`)).text()).toBe('0');
    placing.down(0);
    expect((await post('/v1/realtime/calls')).status).toBe(503);
    expect((await fetch(url)).status).toBe(503);
  });

  it('passes on more than it looks into, in both directions', async () => {
    const large = new Uint8Array(3 * MAX_BODY_BYTES).fill(97);
    const lengths: number[] = [];
    for (const one of behind)
      one.answer = async (incoming, response) => {
        const body = await text(incoming);
        lengths.push(body.length);
        response.end(body);
      };
    expect(await (await post('/v1/realtime/calls', large)).text()).toHaveLength(large.length);
    expect(await (await post('/anywhere', large)).text()).toHaveLength(large.length);
    expect(lengths).toEqual([large.length, large.length]);
  });

  it('passes an answer on that comes before the request is through', async () => {
    for (const one of behind) one.answer = (_request, response) => response.writeHead(413).end('too large');
    const large = new Uint8Array(4 * MAX_BODY_BYTES);
    expect((await post('/v1/realtime/calls', large)).status).toBe(413);
    expect(await (await post('/anywhere', large)).text()).toBe('too large');
  });

  it('lets a client go on that waits to be told so', async () => {
    behind[0].answer = behind[1].answer = async (incoming, response) =>
      response.end(`${incoming.headers.expect} ${await text(incoming)}`);
    const asking = request(`${url}/whip`, { method: 'POST', headers: { expect: '100-continue' } });
    asking.flushHeaders();
    await once(asking, 'continue');
    asking.end('v=0');
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('undefined v=0');
  });

  it('streams what a gateway says bit by bit, and tells it when the client has gone', async () => {
    const gone = Promise.withResolvers<void>();
    behind[1].answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      response.once('close', gone.resolve);
    };
    const leaving = new AbortController();
    const events = await fetch(`${url}/whip/events/${tagOf(1)}token`, { signal: leaving.signal });
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    leaving.abort();
    await gone.promise;
  });

  it('breaks off what a gateway breaks off', async () => {
    behind[0].answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 9 });
      response.write('half', () => response.destroy());
    };
    const half = await fetch(`${url}/v1/realtime/calls/${callOf(0)}`);
    await expect(half.text()).rejects.toThrow('terminated');
  });

  it('does not look at a body whose client goes away', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /v1/realtime/calls HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nv=0');
    await once(socket, 'connect');
    const closed = once(socket.resume(), 'close');
    socket.end();
    await closed;
    expect(await (await fetch(`${url}/v1/realtime/calls/${callOf(0)}`)).text()).toBe('0');
    expect([behind[0].seen.length, behind[1].seen]).toEqual([1, []]);
  });

  it('tells health and metrics of all, the latter to whom a gateway shows its own', async () => {
    const health = await fetch(`${url}/at/health`);
    expect([health.status, await health.json()]).toMatchObject([503, { calls: { open: 3 } }]);
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('all 1\n');
    for (const one of behind) one.answer = (_request, response) => response.writeHead(401).end('no');
    const refused = await fetch(`${url}/metrics`);
    expect([refused.status, await refused.text()]).toEqual([401, 'no']);
  });

  const opened = async (path: string) => {
    const socket = new WebSocket(url.replace('http', 'ws') + path);
    await once(socket, 'open');
    socket.send('x');
    const [data] = (await once(socket, 'message')) as [Buffer];
    socket.close();
    await once(socket, 'close');
    return data.toString();
  };

  it('carries WebSockets: those of a call to it, new ones in turn, and elsewhere where there is no room', async () => {
    expect(await opened(`/v1/realtime?call_id=${callOf(1)}`)).toBe('1:x');
    expect([await opened('/v1/realtime'), await opened('/v1/realtime')].sort()).toEqual(['0:x', '1:x']);
    const refusal = 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfull';
    behind[0].refusal = refusal;
    expect([await opened('/v1/realtime'), await opened('/v1/realtime')]).toEqual(['1:x', '1:x']);
    behind[1].refusal = refusal;
    for (const path of ['/v1/realtime', `/v1/realtime?call_id=${callOf(0)}`])
      await expect(opened(path)).rejects.toThrow('503');
  });

  it('ends both sides of a WebSocket with either', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/realtime?call_id=${callOf(0)}`);
    const [theirs] = (await once(behind[0].sockets, 'connection')) as [WebSocket];
    await once(socket, 'open');
    const closed = once(socket, 'close');
    theirs.terminate();
    await closed;
    const another = new WebSocket(`${url.replace('http', 'ws')}/v1/realtime?call_id=${callOf(0)}`);
    const [end] = (await once(behind[0].sockets, 'connection')) as [WebSocket];
    const ended = once(end, 'close');
    await once(another, 'open');
    another.terminate();
    await ended;
    expect([socket.readyState, end.readyState]).toEqual([WebSocket.CLOSED, WebSocket.CLOSED]);
  });
});
