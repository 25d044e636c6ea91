import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const LOOPBACK = '127.0.0.1';
/** First byte of a DTLS record (RFC 7983). */
const DTLS = { from: 20, to: 63 };

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * A piece of network between one client and the gateway, which can be cut: a relay of UDP on loopback. The client sends to `address`, and the
 * gateway sees the relay's other socket.
 */
export class Wire {
  readonly #client: Socket;
  readonly #gateway: Socket;
  #clientAt: Endpoint | null = null;
  #whole = true;
  #closed = false;
  #dtlsLeft = Infinity;

  private constructor(client: Socket, gateway: Socket, target: Endpoint) {
    this.#client = client;
    this.#gateway = gateway;
    client.on('message', (data, from) => {
      this.#clientAt = from;
      if (this.#carries(data)) gateway.send(data, target.port, target.address);
    });
    gateway.on('message', (data) => {
      const to = this.#clientAt;
      if (to && this.#carries(data)) client.send(data, to.port, to.address);
    });
    // What is refused at the other end is lost, as on any network.
    for (const socket of [client, gateway]) socket.on('error', () => undefined);
  }

  /** @param target where the gateway listens */
  static async open(target: Endpoint): Promise<Wire> {
    const [client, gateway] = await Promise.all([bound(), bound()]);
    return new Wire(client, gateway, target);
  }

  /** Where the client sends to. */
  get address(): Endpoint {
    return this.#client.address();
  }

  /** From now on nothing arrives, either way, and nobody is told. */
  cut(): void {
    this.#whole = false;
  }

  restore(): void {
    this.#whole = true;
  }

  /** It is cut by itself when so many DTLS datagrams, of both sides together, have passed. */
  cutAfterDtls(datagrams: number): void {
    this.#dtlsLeft = datagrams;
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.close();
    this.#gateway.close();
  }

  #carries(data: Buffer): boolean {
    const first = data[0] ?? 0;
    if (first >= DTLS.from && first <= DTLS.to && this.#dtlsLeft-- <= 0) this.cut();
    return this.#whole && !this.#closed;
  }
}

/**
 * Has an answer lead through a wire.
 * @param through is told where the gateway listens, and says where the client is to send to
 * @returns the answer with that as its only candidate
 * @throws Error where the answer has no UDP candidate
 */
export async function reroute(
  answer: string,
  through: (gateway: Endpoint) => Promise<Endpoint>,
): Promise<string> {
  const found = /^a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host.*$/im.exec(answer);
  if (!found?.[3]) throw new Error('the answer has no UDP candidate');
  const to = await through({ address: found[3], port: Number(found[4]) });
  const only = `a=candidate:${found[1]} 1 udp ${found[2]} ${to.address} ${to.port} typ host`;
  let placed = false;
  return answer
    .split('\r\n')
    .flatMap((line) => {
      if (!line.startsWith('a=candidate:')) return [line];
      if (placed) return [];
      placed = true;
      return [only];
    })
    .join('\r\n');
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}
