import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_MESSAGE_BYTES } from '@vis-a-vis/protocol';
import type { Guard } from '#modules/contracts';
import { WebSocket, type RawData } from 'ws';
import type { Call } from '../call.js';
import type { Channel } from '../listener.js';
import type { ClientTape } from '../tape.js';
import { TextClient, type Carrier, type TextClientOptions } from '../transports/text-client.js';
import { closeCode } from './close-codes.js';

/** The largest message that is read (bytes). */
export const MAX_WS_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Above this much that waits to be performed nothing more is read, until less than the other waits (bytes). */
const PAUSE_BYTES = 1024 * 1024;
const RESUME_BYTES = 256 * 1024;
/** A connection is asked this often (ms) whether it is still there; one that does not answer before the next time is not. */
const PING_MS = 20_000;
/** What `ws` says where a connection ended without a word (RFC 6455, 7.1.5). */
const NO_CLOSE_FRAME = 1006;
/** How long a client is waited for that is to close its side, too (ms). */
const CLOSE_MS = 1000;
/** The same of one that has yet to read what was sent before: its close frame stands behind that. */
const LATE_CLOSE_MS = 10_000;

export interface SocketClientOptions {
  /** Everything that the socket and the timers call passes it. */
  readonly guard: Guard;
  /**
   * The client has gone, or was cut off for this reason. Once.
   * @param lost its connection broke; it has not taken leave
   */
  readonly onGone: (reason: string, lost: boolean) => void;
  /** It comes back to its call, and had this event last; null: it had none. Left out: it is new. */
  readonly back?: { readonly lastEventId: string | null };
  /** It has what it was told first. */
  readonly onHeard?: () => void;
  /** The record that is made of it. */
  readonly tape?: ClientTape | null;
  /** For tests. */
  readonly pingMs?: number;
}

/** What a WebSocket brings, for a client of a call. @throws VisavisError `session_closed`, `capacity` */
export function socketClientOf(call: Call, options: Pick<TextClientOptions, 'returns'> = {}): TextClient {
  return new TextClient(call, { ...options, maxMessageBytes: MAX_WS_MESSAGE_BYTES });
}

/** The record of a WebSocket's messages, where one is made of its call. */
export function socketTapeOf(call: Call): ClientTape | null {
  return call.tape?.client({ via: 'websocket', connection: null, largestBytes: MAX_MESSAGE_BYTES }) ?? null;
}

/** What carries the messages of one client of a call: a WebSocket. A client that comes back has another. */
export class WebSocketClient implements Carrier {
  readonly #socket: WebSocket;
  readonly #client: TextClient;
  readonly #tape: ClientTape | null;
  readonly #options: SocketClientOptions;
  readonly #pinging: NodeJS.Timeout;
  #alive = true;
  #gone = false;

  constructor(socket: WebSocket, client: TextClient, options: SocketClientOptions) {
    const { guard, pingMs = PING_MS, back } = options;
    this.#socket = socket;
    this.#options = options;
    this.#tape = options.tape ?? null;
    this.#client = client;
    client.carrier = this;
    client.seat.onRoom = () => this.#readOn();
    socket.on(
      'message',
      guard.wrap('ws.message', (data: RawData, binary: boolean) => this.#message(data, binary)),
    );
    socket.on(
      'pong',
      guard.wrap('ws.pong', () => {
        this.#alive = true;
        this.#options.onHeard?.();
      }),
    );
    socket.on(
      'error',
      guard.wrap('ws.error', (error: Error) => this.#failed(error)),
    );
    socket.on(
      'close',
      guard.wrap('ws.close', (code: number) => this.#left('closed_by_peer', code === NO_CLOSE_FRAME)),
    );
    this.#pinging = setInterval(
      guard.wrap('ws.ping', () => this.#ping()),
      pingMs,
    ).unref();
    if (back) {
      client.resume(this.#channel, back.lastEventId);
      // Its pong stands behind what was told.
      socket.ping();
    } else client.open(this.#channel);
  }

  /** Another connection has taken its place. */
  supersede(): void {
    this.#gone = true;
    this.#tape?.left();
    this.#close('resumed');
  }

  onSlow(): void {
    this.#tooSlow();
  }

  onEnd(reason: string): void {
    this.#close(reason);
  }

  get #channel(): Channel {
    const socket = this.#socket;
    return {
      send: (text) => {
        if (socket.readyState !== WebSocket.OPEN) return 'not_open';
        socket.send(text);
        this.#tape?.sent(text);
        return 'sent';
      },
      bufferedAmount: () => socket.bufferedAmount,
      largestBytes: MAX_MESSAGE_BYTES,
    };
  }

  #message(data: RawData, binary: boolean): void {
    if (this.#gone) return;
    this.#alive = true;
    // What is in bytes is refused, whatever it is.
    const message = binary ? new Uint8Array(0) : textOf(data);
    this.#tape?.received(message);
    this.#client.message(message);
    if (this.#client.seat.waitingBytes > PAUSE_BYTES) this.#socket.pause();
  }

  #readOn(): void {
    if (this.#socket.isPaused && this.#client.seat.waitingBytes < RESUME_BYTES) this.#socket.resume();
  }

  /** Who is held up cannot answer: that is ours. */
  #ping(): void {
    // Nor can who has yet to read what was sent before.
    if (!this.#alive && !this.#socket.isPaused)
      return this.#socket.bufferedAmount > 0 && !this.#client.mayReturn
        ? this.#tooSlow()
        : this.#cut('no_pong', true);
    this.#alive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** What ws closes by itself: bytes that are no WebSocket's, or a message beyond any bound. */
  #failed(error: Error): void {
    const code = 'code' in error ? String(error.code) : '';
    const isTheirs = code.startsWith('WS_ERR');
    this.#left(code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'message_too_large' : 'failed', !isTheirs);
  }

  /** It does not keep up: what waits for it is given up, so that the reason stands behind as little as can be. */
  #tooSlow(): void {
    if (this.#gone) return;
    this.#client.giveUp('slow_client', 'Too much waits for this client: it reads too slowly.');
    this.#cut('slow_client', false);
  }

  /** It is not there any more, or not to be. */
  #cut(reason: string, lost: boolean): void {
    if (this.#gone) return;
    this.#close(reason);
    this.#left(reason, lost);
  }

  #left(reason: string, lost: boolean): void {
    if (this.#gone) return;
    this.#gone = true;
    clearInterval(this.#pinging);
    this.#tape?.left();
    this.#options.onGone(reason, lost);
  }

  /** Says why, and waits for no answer that does not come. What the socket has taken stands before it, and cannot be taken back. */
  #close(reason: string): void {
    clearInterval(this.#pinging);
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return;
    // Nothing is read any more but the other side's close.
    if (socket.isPaused) socket.resume();
    const waitMs = socket.bufferedAmount > 0 && reason !== 'shutdown' ? LATE_CLOSE_MS : CLOSE_MS;
    socket.close(closeCode(reason), reason);
    const ended = sleep(waitMs, undefined, { ref: false }).then(() => socket.terminate());
    this.#options.guard.watch('ws.end', ended);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}
