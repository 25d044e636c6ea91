import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callsOf, exchange } from './exchange.js';

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
  let answer: { status: number; body: string };
  beforeEach(async () => {
    seen = [];
    answer = { status: 201, body: 'v=0' };
    server = createServer((request, response) => {
      seen.push(request);
      request.resume().on('end', () => response.writeHead(answer.status).end(answer.body));
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
    expect(await exchange({ url, apiKey: 'ek_1' }, 'v=0', undefined)).toBe('v=0');
    await exchange({ url }, 'v=0', undefined);
    expect(seen.map((request) => [request.url, request.headers.authorization])).toEqual([
      ['/below/v1/realtime/calls', 'Bearer ek_1'],
      ['/below/v1/realtime/calls', undefined],
    ]);
  });

  it('tells why it was refused', async () => {
    answer = {
      status: 401,
      body: JSON.stringify({ error: { code: 'expired_api_key', message: 'The key has expired.' } }),
    };
    await expect(exchange({ url, apiKey: 'ek_1' }, 'v=0', undefined)).rejects.toMatchObject({
      code: 'expired_api_key',
      message: 'The key has expired.',
    });
  });
});
