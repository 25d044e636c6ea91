import dgram from 'node:dgram';

export type Direction = 'to-service' | 'to-client';
/** What becomes of a datagram: what is returned is sent on, now. */
export type Treat = (
  bytes: Buffer,
  direction: Direction,
  later: (bytes: Buffer, ms: number) => void,
) => Buffer[];

/** A network between a client and the service, which treats datagrams as a test wants. */
export class UdpProxy {
  readonly #front = dgram.createSocket('udp4');
  readonly #back = dgram.createSocket('udp4');
  readonly #timers = new Set<NodeJS.Timeout>();
  #clientPort = 0;

  constructor(
    readonly servicePort: number,
    private readonly treat: Treat,
  ) {}

  /** The port that the client is told. */
  get port(): number {
    return this.#front.address().port;
  }

  async open(): Promise<this> {
    for (const socket of [this.#front, this.#back]) {
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    }
    this.#front.on('message', (bytes, from) => {
      this.#clientPort = from.port;
      this.#pass(bytes, 'to-service');
    });
    this.#back.on('message', (bytes) => this.#pass(bytes, 'to-client'));
    return this;
  }

  /** Sends to the service from where the client seems to be. */
  inject(bytes: Buffer): void {
    this.#back.send(bytes, this.servicePort, '127.0.0.1');
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#front.close();
    this.#back.close();
  }

  #pass(bytes: Buffer, direction: Direction): void {
    const send = (one: Buffer) => {
      if (direction === 'to-service') this.#back.send(one, this.servicePort, '127.0.0.1');
      else this.#front.send(one, this.#clientPort, '127.0.0.1');
    };
    const later = (one: Buffer, ms: number) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        send(one);
      }, ms);
      this.#timers.add(timer);
    };
    for (const one of this.treat(bytes, direction, later)) send(one);
  }
}
