import { SignalRequest, SignalResponse, type JoinResponse } from '@livekit/protocol';
import { WebSocket, type RawData } from 'ws';
import { RoomError } from '../room.js';

/** Of LiveKit's signalling that this speaks: below 18, data channels come in band. */
const PROTOCOL = 16;
/** How long joining may take until the server has answered (ms). */
const JOIN_MS = 10_000;
/** Of one message: a room of hundreds is told in less. */
const LARGEST_BYTES = 2 * 1024 * 1024;

export interface SignalOptions {
  /** Of the server: `ws:` or `wss:`. */
  readonly url: string;
  readonly token: string;
  /** Everything that is published is received, without asking for it. */
  readonly subscribes: boolean;
}

type Message = SignalResponse['message'];

/** The methods never throw. */
export interface SignalListener {
  /** The server's first word included. */
  onMessage(message: Message): void;
  /** Not for `close()`. */
  onClosed(reason: string): void;
}

/** The signalling of one participant: protobuf over a WebSocket (github.com/livekit/protocol, livekit_rtc.proto). */
export class LiveKitSignal {
  readonly #socket: WebSocket;
  readonly #listener: SignalListener;
  readonly #joined = Promise.withResolvers<void>();
  #pings: NodeJS.Timeout | null = null;
  #heardAtMs = 0;
  #closed = false;

  /** Begins to connect. */
  constructor({ url, token, subscribes }: SignalOptions, listener: SignalListener) {
    this.#listener = listener;
    this.#joined.promise.catch(() => undefined); // where nobody waits for it
    const address = new URL('rtc', url.endsWith('/') ? url : `${url}/`);
    address.search = String(
      new URLSearchParams({
        protocol: String(PROTOCOL),
        auto_subscribe: subscribes ? '1' : '0',
        // Our end is a full agent, whatever the server's is; and a picture that is held back cannot be looked at.
        disable_ice_lite: '1',
        subscriber_allow_pause: '0',
      }),
    );
    this.#socket = new WebSocket(address, {
      handshakeTimeout: JOIN_MS,
      maxPayload: LARGEST_BYTES,
      headers: { authorization: `Bearer ${token}` },
    });
    this.#watch();
  }

  /** Resolves once the server has let us in. @throws RoomError */
  async joined(signal: AbortSignal): Promise<void> {
    const { promise, reject } = this.#joined;
    const giveUp = () => reject(new RoomError('aborted', 'joining was given up'));
    const timer = setTimeout(
      () => reject(new RoomError('timeout', 'the LiveKit server did not answer')),
      JOIN_MS,
    );
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Without effect once it is closed. */
  send(message: SignalRequest['message']): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(new SignalRequest({ message }).toBinary());
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#pings) clearInterval(this.#pings);
    this.#joined.reject(new RoomError('closed', 'the room was left'));
    // What was sent before goes out first.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close();
    else this.#socket.terminate();
  }

  #watch(): void {
    const socket = this.#socket;
    const fail = (code: 'refused' | 'unreachable', reason: string) => {
      this.#joined.reject(new RoomError(code, reason));
      this.#lose(reason);
    };
    socket.on('message', (data: RawData) => this.#receive(data as Buffer));
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      // 401 and 403: the token; 404: the room.
      const code = statusCode >= 400 && statusCode < 500 ? 'refused' : 'unreachable';
      fail(code, `the LiveKit server answered with status ${statusCode}`);
      request.destroy();
    });
    // Also where it is given up.
    socket.on('error', ({ message }) => fail('unreachable', `the LiveKit server: ${message}`));
    socket.on('close', () => fail('unreachable', 'the LiveKit server closed the connection'));
  }

  #receive(data: Buffer): void {
    if (this.#closed) return;
    this.#heardAtMs = performance.now();
    let message: Message;
    try {
      ({ message } = SignalResponse.fromBinary(data));
    } catch {
      return; // of a server of another time
    }
    if (message.case === 'join') this.#keepAlive(message.value);
    this.#listener.onMessage(message);
    if (message.case === 'join') this.#joined.resolve();
  }

  #keepAlive({ pingInterval, pingTimeout }: JoinResponse): void {
    if (pingInterval <= 0 || this.#pings) return;
    const patienceMs = (pingInterval + Math.max(pingTimeout, pingInterval)) * 1000;
    this.#pings = setInterval(() => {
      if (performance.now() - this.#heardAtMs > patienceMs)
        return this.#lose('the LiveKit server does not answer');
      this.send({ case: 'ping', value: BigInt(Date.now()) });
    }, pingInterval * 1000);
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#listener.onClosed(reason);
  }
}
