import {
  connectNode,
  type AudioClip,
  type NodeCall,
  type NodeConnectOptions,
  type VideoClip,
} from '@vis-a-vis/client/node';
import { JanusConnection, type JanusHandle } from '../rooms/janus/connection.js';
import type { Jsep } from '../rooms/janus/messages.js';
import { TextRoom } from '../rooms/janus/text-room.js';
import { RoomError } from '../rooms/room.js';
import { TextLog } from './text-log.js';

const VIDEO_ROOM = 'janus.plugin.videoroom';

export interface PersonOptions {
  /** Of a Janus server's WebSocket API. */
  readonly url: string;
  /** Of a VideoRoom and a TextRoom. */
  readonly room: number;
  readonly name: string;
  /** What the camera shows; without it there is a microphone alone. */
  readonly video?: VideoClip;
  /** Sees every packet before it is sent. */
  readonly impair?: NodeConnectOptions['impair'];
  /** Only publishes: does not read or write. */
  readonly silent?: boolean;
}

/** Somebody in a Janus room whose camera and microphone are files. */
export class JanusPerson extends TextLog {
  readonly #connection: JanusConnection;
  readonly #publisher: JanusHandle;
  #text: TextRoom | null = null;
  #call: NodeCall | null = null;

  private constructor(connection: JanusConnection, publisher: JanusHandle) {
    super();
    this.#connection = connection;
    this.#publisher = publisher;
  }

  /** Joins, and publishes. @throws RoomError, CallError */
  static async enter(options: PersonOptions): Promise<JanusPerson> {
    const { url, room, name } = options;
    const connection = await JanusConnection.open(url, () => undefined, new AbortController().signal);
    try {
      const handle = await connection.attach(VIDEO_ROOM, {
        onMessage: () => undefined,
        onHangup: () => undefined,
      });
      await handle.send({ request: 'join', ptype: 'publisher', room, display: name });
      const person = new JanusPerson(connection, handle);
      if (!options.silent) await person.#enterText(options);
      await person.publish(options);
      return person;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Joins the text room alone: somebody who reads and writes. @throws RoomError */
  static async read(options: PersonOptions): Promise<JanusPerson> {
    const connection = await JanusConnection.open(options.url, () => undefined, new AbortController().signal);
    const handle = await connection.attach(VIDEO_ROOM, {
      onMessage: () => undefined,
      onHangup: () => undefined,
    });
    const person = new JanusPerson(connection, handle);
    await person.#enterText(options);
    return person;
  }

  async publish({ url, video, impair }: Pick<PersonOptions, 'url' | 'video' | 'impair'>): Promise<void> {
    this.#call = await connectNode({
      url: url.replace(/^ws/, 'http'),
      ...(video && { video }),
      ...(impair && { impair }),
      exchange: async (sdp) => {
        const offer: Jsep = { type: 'offer', sdp };
        const { jsep } = await this.#publisher.send({ request: 'publish' }, offer);
        if (!jsep) throw new RoomError('refused', 'the Janus server did not answer the offer');
        return jsep.sdp;
      },
    });
    this.#call.on('error', () => undefined);
  }

  async unpublish(): Promise<void> {
    await this.#publisher.send({ request: 'unpublish' });
    await this.#call?.close();
    this.#call = null;
  }

  /** Says something aloud. @throws Error where nothing is published */
  async speak(clip: AudioClip): Promise<void> {
    if (!this.#call) throw new RoomError('closed', 'nothing is published');
    await this.#call.speak(clip);
  }

  /** Writes into the text room. @throws RoomError */
  async say(text: string): Promise<void> {
    await this.#text?.say(text, null);
  }

  async leave(): Promise<void> {
    await this.#text?.close();
    await this.#call?.close();
    this.#connection.close();
  }

  async #enterText({ room, name }: PersonOptions): Promise<void> {
    this.#text = await TextRoom.join(this.#connection, {
      room,
      pin: null,
      username: name,
      display: name,
      hosts: ['127.0.0.1'],
      listener: {
        onMember: () => undefined,
        onMemberLeft: () => undefined,
        onMessage: (from, text) => this.note({ from, text }),
        onLost: () => undefined,
      },
    });
  }
}
