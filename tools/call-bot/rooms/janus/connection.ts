import { randomUUID } from 'node:crypto';
import { WebSocket, type RawData } from 'ws';
import { RoomError } from '../room.js';
import {
  idOf,
  pluginMessage,
  readMessage,
  type JanusMessage,
  type Jsep,
  type PluginMessage,
} from './messages.js';

/** How long one request may take (ms). */
const REQUEST_MS = 10_000;
/** Janus forgets a session that has been silent for a minute (ms). */
const KEEPALIVE_MS = 20_000;
/** Of one message: a room of hundreds is told in less. */
const LARGEST_BYTES = 1024 * 1024;

/** What comes to a handle without a request; the methods never throw. */
export interface HandleListener {
  onMessage(message: PluginMessage): void;
  /** Its peer connection is gone. */
  onHangup(): void;
}

interface Waiting {
  readonly resolve: (message: JanusMessage) => void;
  readonly reject: (error: RoomError) => void;
  readonly timer: NodeJS.Timeout;
  /** A plugin that takes its time says "ack" first; a keepalive gets nothing else. */
  readonly endsWithAck: boolean;
}

type Body = Readonly<Record<string, unknown>>;

/** One session of a Janus server, over its WebSocket API. */
export class JanusConnection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #handles = new Map<number, HandleListener>();
  readonly #onClosed: (reason: string) => void;
  readonly #keepalive: NodeJS.Timeout;
  #session: number | null = null;
  #closed: string | null = null;

  private constructor(socket: WebSocket, onClosed: (reason: string) => void) {
    this.#socket = socket;
    this.#onClosed = onClosed;
    socket.on('message', (data: RawData) => this.#receive((data as Buffer).toString()));
    socket.on('close', () => this.#fail('the Janus server closed the connection'));
    socket.on('error', () => undefined); // its close follows
    this.#keepalive = setInterval(() => {
      this.#request({ janus: 'keepalive' }, true).catch(() => this.#fail('the Janus server does not answer'));
    }, KEEPALIVE_MS);
  }

  /**
   * @param url of the WebSocket API: `ws:` or `wss:`
   * @param onClosed it has ended, and not by `close()`; never throws
   * @throws RoomError
   */
  static async open(
    url: string,
    onClosed: (reason: string) => void,
    signal: AbortSignal,
  ): Promise<JanusConnection> {
    const options = { handshakeTimeout: REQUEST_MS, maxPayload: LARGEST_BYTES };
    const socket = new WebSocket(url, 'janus-protocol', options);
    const { promise: open, resolve, reject } = Promise.withResolvers<void>();
    socket.once('open', () => resolve());
    // Also where it is given up: see below.
    socket.on('error', ({ message }) => reject(new RoomError('unreachable', `the Janus server: ${message}`)));
    const giveUp = () => socket.terminate();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal.aborted) giveUp();
      await open;
    } catch (error) {
      throw signal.aborted ? new RoomError('aborted', 'joining was given up') : error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    const connection = new JanusConnection(socket, onClosed);
    try {
      connection.#session = idOf(await connection.#request({ janus: 'create' }));
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** @throws RoomError */
  async attach(plugin: string, listener: HandleListener): Promise<JanusHandle> {
    const id = idOf(await this.#request({ janus: 'attach', plugin }));
    this.#handles.set(id, listener);
    return {
      send: async (body, jsep) =>
        pluginMessage(await this.#request({ janus: 'message', handle_id: id, body, ...(jsep && { jsep }) })),
      detach: () => {
        if (!this.#handles.delete(id)) return;
        // Whether the server still knows it is of no interest.
        this.#request({ janus: 'detach', handle_id: id }).catch(() => undefined);
      },
    };
  }

  /** Ends the session, with all that was attached to it. Idempotent. */
  close(): void {
    if (this.#closed !== null) return;
    if (this.#session !== null) this.#request({ janus: 'destroy' }).catch(() => undefined);
    this.#end('the session was closed');
  }

  #request(body: Body, endsWithAck = false): Promise<JanusMessage> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== null) return reject(new RoomError('closed', this.#closed));
      const transaction = randomUUID();
      const timer = setTimeout(() => {
        this.#waiting.delete(transaction);
        reject(new RoomError('timeout', `the Janus server did not answer '${String(body['janus'])}'`));
      }, REQUEST_MS);
      this.#waiting.set(transaction, { resolve, reject, timer, endsWithAck });
      const session = this.#session === null ? {} : { session_id: this.#session };
      this.#socket.send(JSON.stringify({ ...body, ...session, transaction }));
    });
  }

  #receive(text: string): void {
    const message = readMessage(text);
    if (!message) return;
    const { janus, transaction = '', sender = 0 } = message;
    const waiting = this.#waiting.get(transaction);
    if (waiting) {
      if (janus !== 'ack' || waiting.endsWithAck) this.#settle(transaction, waiting, message);
      return;
    }
    const handle = this.#handles.get(sender);
    if (janus === 'event' && handle) handle.onMessage(told(message));
    else if (janus === 'hangup') handle?.onHangup();
    else if (janus === 'timeout' && sender === 0) this.#fail('the Janus server forgot the session');
  }

  #settle(transaction: string, { resolve, reject, timer }: Waiting, message: JanusMessage): void {
    this.#waiting.delete(transaction);
    clearTimeout(timer);
    if (message.janus === 'error') {
      const { code = 0, reason = 'error' } = message.error ?? {};
      reject(new RoomError('refused', `the Janus server: ${reason} (${code})`));
    } else resolve(message);
  }

  #fail(reason: string): void {
    if (this.#closed !== null) return;
    this.#end(reason);
    this.#onClosed(reason);
  }

  #end(reason: string): void {
    this.#closed = reason;
    clearInterval(this.#keepalive);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new RoomError('closed', reason));
    }
    this.#waiting.clear();
    this.#handles.clear();
    this.#socket.close();
  }
}

/** What a plugin was attached to. */
export interface JanusHandle {
  /** @throws RoomError `refused` where the plugin says no */
  send(body: Body, jsep?: Jsep): Promise<PluginMessage>;
  /** Idempotent; never throws. */
  detach(): void;
}

/** An event that nobody asked for, and that may tell an error. */
function told(message: JanusMessage): PluginMessage {
  return { data: message.plugindata?.data ?? {}, jsep: message.jsep ?? null };
}
