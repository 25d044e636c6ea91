import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { RTCDtlsTransport } from 'werift';

/** What stands before a gateway in earnest: ends TLS, and hands on bytes. Its certificate is its own. */
export class TlsProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param url of what it stands before */
  static async open(url: string): Promise<TlsProxy> {
    const { hostname, port } = new URL(url);
    const { certPem, privateKey } = await RTCDtlsTransport.SetupCertificate();
    const server = createServer({ cert: certPem, key: privateKey });
    const proxy = new TlsProxy(server);
    server.on('secureConnection', (front) => {
      const back = connect(Number(port), hostname);
      for (const [one, other] of [
        [front, back],
        [back, front],
      ] as const) {
        proxy.#sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => proxy.#sockets.delete(one));
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** Ends in a slash. */
  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
