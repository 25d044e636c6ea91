import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callsOf, exchange, iceServersOf, offerAgain } from './exchange.js';

/** Real: HTTP on loopback. */
describe('callsOf', () => {
  it.each([
    ['http://host:8080', 'http://host:8080/v1/realtime/calls'],
    ['http://host:8080/', 'http://host:8080/v1/realtime/calls'],
    ['https://host/visavis', 'https://host/visavis/v1/realtime/calls'],
    ['https://host/visavis/', 'https://host/visavis/v1/realtime/calls'],
    ['https://host/a/b/?autostart=1#x', 'https://host/a/b/v1/realtime/calls'],
  ])('of %s is %s', (url, calls) => {
    expect(callsOf(url).href).toBe(calls);
    expect(callsOf(new URL(url)).href).toBe(calls);
  });
});

describe('exchange', () => {
  let server: Server;
  let url: string;
  let seen: IncomingMessage[];
  let answer: { status: number; body: string; location?: string };
  beforeEach(async () => {
    seen = [];
    answer = { status: 201, body: 'v=0' };
    server = createServer((request, response) => {
      seen.push(request);
      request.resume().on('end', () => {
        if (answer.location !== undefined) response.setHeader('location', answer.location);
        response.writeHead(answer.status).end(answer.body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/below`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('brings the key, where there is one', async () => {
    expect(await exchange({ url, apiKey: 'ek_1' }, 'v=0', {})).toEqual({
      sdp: 'v=0',
      call: null,
    });
    await exchange({ url }, 'v=0', {});
    expect(seen.map((request) => [request.url, request.headers.authorization])).toEqual([
      ['/below/v1/realtime/calls', 'Bearer ek_1'],
      ['/below/v1/realtime/calls', undefined],
    ]);
  });

  it.each([['calls/rtc_1'], ['/below/v1/realtime/calls/rtc_1']])('finds the call at %s', async (location) => {
    answer.location = location;
    const { call } = await exchange({ url }, 'v=0', {});
    expect(call?.pathname).toBe('/below/v1/realtime/calls/rtc_1');
    if (!call) throw new Error('no call');
    answer = { status: 200, body: 'v=1' };
    expect(await offerAgain(call, 'v=0', 'ek_1')).toBe('v=1');
    expect(seen.map((request) => [request.url, request.headers['content-type']]).at(-1)).toEqual([
      '/below/v1/realtime/calls/rtc_1',
      'application/sdp',
    ]);
  });

  it('asks for servers, and does without where there is nobody to ask', async () => {
    const servers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }];
    answer = { status: 200, body: JSON.stringify({ ice_servers: servers, ice_servers_expire_at: 1 }) };
    expect(await iceServersOf({ url, apiKey: 'ek_1' })).toEqual(servers);
    expect([seen[0]?.url, seen[0]?.headers.authorization]).toEqual([
      '/below/v1/realtime/ice_servers',
      'Bearer ek_1',
    ]);
    answer = { status: 404, body: '{}' };
    expect(await iceServersOf({ url })).toEqual([]);
    answer = { status: 200, body: 'a page' };
    expect(await iceServersOf({ url })).toEqual([]);
    expect(await iceServersOf({ url: 'http://127.0.0.1:1' })).toEqual([]);
  });

  it('tells why it was refused', async () => {
    answer = {
      status: 401,
      body: JSON.stringify({ error: { code: 'expired_api_key', message: 'The key has expired.' } }),
    };
    await expect(exchange({ url, apiKey: 'ek_1' }, 'v=0', {})).rejects.toMatchObject({
      code: 'expired_api_key',
      message: 'The key has expired.',
    });
  });
});
