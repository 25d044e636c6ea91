import { randomUUID } from 'node:crypto';
import type { RTCDataChannel, RTCPeerConnection } from 'werift';
import { answerTo, roomPeer } from '../peer.js';
import { RoomError } from '../room.js';
import type { JanusConnection, JanusHandle } from './connection.js';
import { readTextRoom, type JanusId, type TextRoomMessage } from './messages.js';

const TEXT_ROOM = 'janus.plugin.textroom';
/** How long connecting, and one request, may take (ms). */
const OPEN_MS = 15_000;
const REQUEST_MS = 10_000;

export interface TextRoomOptions {
  readonly room: JanusId;
  readonly pin: string | null;
  readonly username: string;
  readonly display: string;
  readonly hosts: readonly string[] | null;
  /** The methods never throw. */
  readonly listener: {
    onMember(username: string, display: string): void;
    onMemberLeft(username: string): void;
    onMessage(username: string, text: string): void;
    onLost(reason: string): void;
  };
}

/** The text of a room: the TextRoom plugin, over a data channel. */
export class TextRoom {
  readonly #options: TextRoomOptions;
  readonly #handle: JanusHandle;
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #waiting = new Map<string, PromiseWithResolvers<TextRoomMessage>>();
  #closed = false;

  private constructor(
    handle: JanusHandle,
    peer: RTCPeerConnection,
    channel: RTCDataChannel,
    options: TextRoomOptions,
  ) {
    this.#handle = handle;
    this.#peer = peer;
    this.#channel = channel;
    this.#options = options;
    channel.onMessage.subscribe((data) => this.#receive(data.toString()));
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed') this.#lose('the text room is gone');
    });
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed') this.#lose('the connection to the text room failed');
    });
  }

  /** Joins; who is there already is told by the listener before this resolves. @throws RoomError */
  static async join(connection: JanusConnection, options: TextRoomOptions): Promise<TextRoom> {
    const peer = roomPeer(options.hosts);
    const channel = peer.createDataChannel('JanusDataChannel', { ordered: true });
    const opened = Promise.withResolvers<void>();
    // Where setting up fails, nobody waits for it.
    opened.promise.catch(() => undefined);
    const timer = setTimeout(
      () => opened.reject(new RoomError('timeout', 'no connection to the text room')),
      OPEN_MS,
    );
    channel.stateChanged.subscribe((state) => {
      if (state === 'open') opened.resolve();
    });
    let hungUp: () => void = () => opened.reject(new RoomError('refused', 'the text room hung up'));
    const handle = await connection.attach(TEXT_ROOM, {
      onMessage: () => undefined,
      onHangup: () => hungUp(),
    });
    try {
      const { jsep } = await handle.send({ request: 'setup' });
      if (!jsep) throw new RoomError('refused', 'the Janus server offered no data channel');
      await handle.send({ request: 'ack' }, await answerTo(peer, jsep));
      await opened.promise;
      const text = new TextRoom(handle, peer, channel, options);
      hungUp = () => text.#lose('the text room hung up');
      await text.#enter().catch((error: unknown) => {
        text.#end(); // what follows is no loss
        throw error;
      });
      return text;
    } catch (error) {
      handle.detach();
      await peer.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param to a user who alone is to read it; null: all are
   * @throws RoomError
   */
  async say(text: string, to: string | null): Promise<void> {
    await this.#request({ textroom: 'message', text, ...(to !== null && { to }) });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#end();
    this.#handle.detach();
    await this.#peer.close();
  }

  async #enter(): Promise<void> {
    const { pin, username, display, listener } = this.#options;
    const { participants = [] } = await this.#request({
      textroom: 'join',
      username,
      display,
      // What was said before the bot came was not said to it.
      history: false,
      ...(pin !== null && { pin }),
    });
    for (const other of participants) {
      if (other.username !== username) listener.onMember(other.username, other.display ?? '');
    }
  }

  #request(body: Readonly<Record<string, unknown>>): Promise<TextRoomMessage> {
    if (this.#closed) return Promise.reject(new RoomError('closed', 'the text room was left'));
    const transaction = randomUUID();
    const waiting = Promise.withResolvers<TextRoomMessage>();
    this.#waiting.set(transaction, waiting);
    const timer = setTimeout(() => {
      waiting.reject(new RoomError('timeout', 'the text room did not answer'));
    }, REQUEST_MS);
    this.#channel.send(JSON.stringify({ ...body, room: this.#options.room, transaction }));
    return waiting.promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(transaction);
    });
  }

  #receive(text: string): void {
    const message = readTextRoom(text);
    if (!message || this.#closed) return;
    const waiting = this.#waiting.get(message.transaction ?? '');
    if (waiting) {
      const { error } = message;
      if (error === undefined) waiting.resolve(message);
      else waiting.reject(new RoomError('refused', `the text room: ${error}`));
      return;
    }
    this.#told(message);
  }

  #told({ textroom, username = '', display = '', from = '', text }: TextRoomMessage): void {
    const { listener, username: own } = this.#options;
    switch (textroom) {
      case 'join':
        return username === own ? undefined : listener.onMember(username, display);
      case 'leave':
        return listener.onMemberLeft(username);
      case 'kicked':
        return username === own ? this.#lose('put out of the text room') : listener.onMemberLeft(username);
      case 'destroyed':
        return this.#lose('the text room was destroyed');
      case 'message':
        return text === undefined || from === own ? undefined : listener.onMessage(from, text);
      default:
        return;
    }
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#end();
    this.#options.listener.onLost(reason);
  }

  #end(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values())
      reject(new RoomError('closed', 'the text room was left'));
  }
}
