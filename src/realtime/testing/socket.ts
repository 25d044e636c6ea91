import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent } from '@vis-a-vis/protocol';
import { WebSocket, type ClientOptions } from 'ws';

type Of<T extends ServerEvent['type']> = Extract<ServerEvent, { type: T }>;

/** A client of OpenAI Realtime over WebSocket that keeps all that it is told. */
export class TestSocket {
  readonly events: ServerEvent[] = [];
  /** Pings, each of which has been answered. */
  pings = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(readonly socket: WebSocket) {
    // The gateway sends text, which ws hands over whole.
    socket.on('message', (data: Buffer) => this.events.push(JSON.parse(data.toString()) as ServerEvent));
    socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }));
    socket.on('ping', () => (this.pings += 1));
    socket.on('error', () => undefined);
  }

  static async open(url: string, protocols: string[] = ['realtime'], options: ClientOptions = {}) {
    const client = new TestSocket(new WebSocket(url, protocols, options));
    await once(client.socket, 'open');
    return client;
  }

  /** What a gateway answers that does not take the connection. */
  static refusal(
    url: string,
    protocols: string[] = ['realtime'],
  ): Promise<{ status: number; retryAfter: string | undefined; body: unknown }> {
    const { promise, resolve, reject } =
      Promise.withResolvers<Awaited<ReturnType<typeof TestSocket.refusal>>>();
    const socket = new WebSocket(url, protocols);
    socket.on('error', reject);
    socket.on('open', () => reject(new Error('it was taken')));
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (data) => (text += String(data)));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: JSON.parse(text),
        }),
      );
    });
    return promise;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  send(...events: (object | string)[]): void {
    for (const event of events) this.socket.send(typeof event === 'string' ? event : JSON.stringify(event));
  }

  of<T extends ServerEvent['type']>(type: T): Of<T>[] {
    return this.events.filter((event): event is Of<T> => event.type === type);
  }

  get codes(): string[] {
    return this.of('error').map(({ error }) => error.code);
  }

  async until(what: ServerEvent['type'] | (() => boolean), ms = 5000): Promise<void> {
    const holds = typeof what === 'string' ? () => this.types.includes(what) : what;
    for (const end = performance.now() + ms; !holds(); await sleep(5)) {
      if (performance.now() > end)
        throw new Error(`not within ${ms} ms: ${what.toString()}; ${this.types.join()}`);
    }
  }

  async untilClosed(ms = 5000): Promise<{ code: number; reason: string }> {
    await this.until(() => this.closed !== null, ms);
    return this.closed ?? { code: 0, reason: '' };
  }

  close(): void {
    this.socket.close();
  }
}
