import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { HttpConnections } from './http-connections.js';

/** Real: Node's HTTP server and TCP on loopback. */
describe('HttpConnections', () => {
  let server: Server;
  let connections: HttpConnections;
  let answers: ServerResponse[];
  const clients: Socket[] = [];

  beforeEach(async () => {
    answers = [];
    server = createServer((request, response) => {
      request.resume();
      if (request.url === '/now') response.end('now');
      else answers.push(response);
    });
    connections = new HttpConnections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    server.closeAllConnections();
    server.close();
  });

  /** @returns all that the server says to it, once the connection is closed */
  const dial = async (text: string) => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(client);
    const arrived = once(server, 'connection');
    await Promise.all([once(client, 'connect'), arrived]);
    let heard = '';
    client.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    const closed = once(client, 'close').then(() => heard);
    client.on('error', () => undefined);
    if (text) client.write(text);
    return { client, closed };
  };
  /** Closes the server as the gateway does. @returns when it has ended */
  const close = (graceMs = 60_000) => {
    const closed = new Promise((resolve) => server.close(resolve));
    connections.end(graceMs);
    return closed;
  };
  const asked = async (path: string) => {
    const request = once(server, 'request');
    const dialled = await dial(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await request;
    return dialled;
  };

  it.each([
    ['has said nothing', ''],
    ['has sent a part of a request line', 'GET / HT'],
    ['has sent a part of the headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ])('ends at once what %s', async (_name, text) => {
    const { closed } = await dial(text);
    if (text) await new Promise((resolve) => setTimeout(resolve, 20)); // the part has arrived
    await close();
    expect(await closed).toBe('');
  });

  it('ends at once what has sent a part of a body', async () => {
    const request = once(server, 'request');
    const { closed } = await dial('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfour');
    await request;
    await close();
    expect(await closed).toBe('');
  });

  it('ends at once what was answered and is kept alive', async () => {
    const { client, closed } = await asked('/now');
    await once(client, 'data');
    await close();
    expect(await closed).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });

  it('lets an answer leave that is being made, and ends its connection then', async () => {
    const { closed } = await asked('/later');
    const ended = close();
    answers[0]!.end('at last');
    await ended;
    expect(await closed).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*at last/);
  });

  it('waits no longer than it was told for an answer', async () => {
    const { closed } = await asked('/never');
    await close(10);
    expect(await closed).toBe('');
  });
});
