import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_MESSAGE_BYTES } from '@vis-a-vis/protocol';
import type { Guard } from '#modules/contracts';
import { WebSocket, type RawData } from 'ws';
import type { Call } from '../call.js';
import type { Channel } from '../listener.js';
import type { ClientTape } from '../tape.js';
import { TextClient } from '../transports/text-client.js';
import { closeCode } from './close-codes.js';

/** The largest message that is read (bytes). */
export const MAX_WS_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Above this much that waits to be performed nothing more is read, until less than the other waits (bytes). */
const PAUSE_BYTES = 1024 * 1024;
const RESUME_BYTES = 256 * 1024;
/** A connection is asked this often (ms) whether it is still there; one that does not answer before the next time is not. */
const PING_MS = 20_000;
/** How long a client is waited for that is to close its side, too (ms). */
const CLOSE_MS = 1000;
/** The same of one that has yet to read what was sent before: its close frame stands behind that. */
const LATE_CLOSE_MS = 10_000;

export interface SocketClientOptions {
  /** Everything that the socket and the timers call passes it. */
  readonly guard: Guard;
  /** The client has gone, or was cut off for this reason. Once. */
  readonly onGone: (reason: string) => void;
  /** For tests. */
  readonly pingMs?: number;
}

/** One client of a call, over a WebSocket. */
export class WebSocketClient {
  readonly #socket: WebSocket;
  readonly #client: TextClient;
  readonly #tape: ClientTape | null;
  readonly #options: SocketClientOptions;
  readonly #pinging: NodeJS.Timeout;
  #alive = true;
  #gone = false;

  /** @throws VisavisError `session_closed`, `capacity` */
  constructor(socket: WebSocket, call: Call, options: SocketClientOptions) {
    const { guard, pingMs = PING_MS } = options;
    this.#socket = socket;
    this.#options = options;
    this.#client = new TextClient(call, {
      maxMessageBytes: MAX_WS_MESSAGE_BYTES,
      onSlow: () => this.#tooSlow(),
      onEnd: (reason) => this.#close(reason),
    });
    this.#client.seat.onRoom = () => this.#readOn();
    this.#tape =
      call.tape?.client({ via: 'websocket', connection: null, largestBytes: MAX_MESSAGE_BYTES }) ?? null;
    socket.on(
      'message',
      guard.wrap('ws.message', (data: RawData, binary: boolean) => this.#message(data, binary)),
    );
    socket.on(
      'pong',
      guard.wrap('ws.pong', () => void (this.#alive = true)),
    );
    socket.on(
      'error',
      guard.wrap('ws.error', (error: Error) => this.#failed(error)),
    );
    socket.on(
      'close',
      guard.wrap('ws.close', () => this.#left('closed_by_peer')),
    );
    this.#pinging = setInterval(
      guard.wrap('ws.ping', () => this.#ping()),
      pingMs,
    ).unref();
    this.#client.open(this.#channel);
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
      return this.#socket.bufferedAmount > 0 ? this.#tooSlow() : this.#cut('no_pong');
    this.#alive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** What ws closes by itself: bytes that are no WebSocket's, or a message beyond any bound. */
  #failed(error: Error): void {
    this.#left(
      'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'message_too_large' : 'failed',
    );
  }

  /** It does not keep up: what waits for it is given up, so that the reason stands behind as little as can be. */
  #tooSlow(): void {
    if (this.#gone) return;
    this.#client.giveUp('slow_client', 'Too much waits for this client: it reads too slowly.');
    this.#cut('slow_client');
  }

  /** It is not there any more, or not to be. */
  #cut(reason: string): void {
    if (this.#gone) return;
    this.#close(reason);
    this.#left(reason);
  }

  #left(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearInterval(this.#pinging);
    this.#tape?.left();
    this.#client.leave();
    this.#options.onGone(reason);
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
