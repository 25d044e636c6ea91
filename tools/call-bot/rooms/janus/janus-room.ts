import { hostsFor } from '../peer.js';
import { RoomError, type Room, type RoomAdapter, type RoomListener, type RoomVoice } from '../room.js';
import { JanusConnection, type JanusHandle } from './connection.js';
import {
  readVideoRoom,
  type JanusId,
  type PluginMessage,
  type Publisher,
  type VideoRoomEvent,
} from './messages.js';
import { Roster, screenOf, type RosterChange } from './roster.js';
import { Subscription, wantedStreams, type WantedStream } from './subscription.js';
import { TextRoom } from './text-room.js';
import { JanusVoice } from './voice.js';

const VIDEO_ROOM = 'janus.plugin.videoroom';
/** A publisher whose connection failed is tried again, this often and after as long (ms). */
const TRIES = 5;
const RETRY_MS = 1000;
/** Of one room; who publishes beyond that is seen and heard when another stops. */
const MOST_SUBSCRIPTIONS = 32;

export interface JanusRoomOptions {
  /** Of the server's WebSocket API, e.g. `ws://127.0.0.1:8188`. */
  readonly url: string;
  /** Of the VideoRoom. */
  readonly room: JanusId;
  /** Of the TextRoom. */
  readonly textRoom: JanusId;
  readonly pin: string | null;
  /** What the bot is called in the room. */
  readonly name: string;
  /** Addresses to receive at. Default: 127.0.0.1 for a server on this machine, else all. */
  readonly hosts?: readonly string[];
}

/** Rooms of a Janus server: its VideoRoom and TextRoom plugins. */
export function janusRoom(options: JanusRoomOptions): RoomAdapter {
  const { url, room } = options;
  return {
    address: `janus ${new URL(url).host} ${room}`,
    join: (listener, signal) => JanusRoom.join(options, listener, signal),
  };
}

/** Somebody who publishes. */
interface Feed {
  readonly streams: readonly WantedStream[];
  readonly key: string;
  subscription: Subscription | null;
  /** Of the same publisher before what it sends has changed: until the new one has come in its place. */
  replaced: Subscription | null;
  tried: number;
  gone: boolean;
}

class JanusRoom implements Room {
  readonly #options: JanusRoomOptions;
  readonly #hosts: readonly string[] | null;
  readonly #listener: RoomListener;
  readonly #roster = new Roster();
  readonly #feeds = new Map<JanusId, Feed>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #connection: JanusConnection | null = null;
  #publisher: JanusHandle | null = null;
  #text: TextRoom | null = null;
  #voice: JanusVoice | null = null;
  #privateId: number | null = null;
  #ownId: JanusId | null = null;
  #joined = false;
  #over = false;

  private constructor(options: JanusRoomOptions, listener: RoomListener) {
    this.#options = options;
    this.#hosts = options.hosts ?? hostsFor(options.url);
    this.#listener = listener;
  }

  static async join(options: JanusRoomOptions, listener: RoomListener, signal: AbortSignal): Promise<Room> {
    const room = new JanusRoom(options, listener);
    try {
      await room.#enter(signal);
      if (signal.aborted) throw new RoomError('aborted', 'joining was given up');
      if (room.#over) throw new RoomError('closed', 'the room was lost while it was joined');
      room.#joined = true;
      return room;
    } catch (error) {
      await room.leave();
      throw error;
    }
  }

  async say(text: string, to?: string): Promise<void> {
    if (!this.#text || this.#over) throw new RoomError('closed', 'the room was left');
    await this.#text.say(text, to === undefined ? null : this.#roster.usernameOf(to));
  }

  async speak(): Promise<RoomVoice> {
    if (!this.#publisher || this.#over) throw new RoomError('closed', 'the room was left');
    const voice = await JanusVoice.open(this.#publisher, this.#hosts);
    this.#voice = voice;
    if (this.#over) await voice.close();
    return voice;
  }

  async leave(): Promise<void> {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const subscriptions = [...this.#feeds.values()].flatMap(({ subscription, replaced }) => [
      subscription,
      replaced,
    ]);
    this.#feeds.clear();
    this.#publisher?.send({ request: 'leave' }).catch(() => undefined);
    await Promise.all([
      this.#text?.close(),
      this.#voice?.close(),
      ...subscriptions.map((subscription) => subscription?.close()),
    ]);
    this.#connection?.close();
  }

  async #enter(signal: AbortSignal): Promise<void> {
    const { url, room, pin, name } = this.#options;
    const connection = await JanusConnection.open(url, (reason) => this.#lose(reason), signal);
    this.#connection = connection;
    // Whoever publishes nothing is a "publisher", too: it is told who comes and goes.
    this.#publisher = await connection.attach(VIDEO_ROOM, {
      onMessage: (message) => this.#videoRoom(message),
      onHangup: () => undefined,
    });
    const joined = await this.#publisher.send({
      request: 'join',
      ptype: 'publisher',
      room,
      display: name,
      ...(pin !== null && { pin }),
    });
    const { id = null, private_id = null, ...there } = readVideoRoom(joined.data);
    this.#ownId = id;
    this.#privateId = private_id;
    this.#take(there);
    // Where somebody has the name already, another is found.
    this.#text = await this.#enterText(connection, name).catch((error: unknown) => {
      if (error instanceof RoomError && error.code === 'refused')
        return this.#enterText(connection, `${name}-${id}`);
      throw error;
    });
  }

  #enterText(connection: JanusConnection, username: string): Promise<TextRoom> {
    const { textRoom, pin, name } = this.#options;
    return TextRoom.join(connection, {
      room: textRoom,
      pin,
      username,
      display: name,
      hosts: this.#hosts,
      listener: {
        onMember: (member, display) => this.#people(this.#roster.memberJoined(member, display)),
        onMemberLeft: (member) => this.#people(this.#roster.memberLeft(member)),
        onMessage: (member, text) => this.#heard(member, text),
        onLost: (reason) => this.#lose(reason),
      },
    });
  }

  #videoRoom({ data }: PluginMessage): void {
    if (!this.#over) this.#take(readVideoRoom(data));
  }

  #take(event: VideoRoomEvent): void {
    const { publishers = [], attendees = [], joining, unpublished, leaving, kicked } = event;
    for (const attendee of [...attendees, ...(joining ? [joining] : [])]) this.#attends(attendee);
    for (const publisher of publishers) this.#publishes(publisher);
    if (unpublished !== undefined) this.#unpublishes(unpublished);
    for (const gone of [leaving, kicked]) {
      if (gone === undefined || gone === 'ok') continue;
      if (gone === this.#ownId) return this.#lose('put out of the room');
      this.#unpublishes(gone);
      this.#people(this.#roster.feedLeft(gone));
    }
    if (event.videoroom === 'destroyed') this.#lose('the room was destroyed');
  }

  #attends({ id, display = '' }: Publisher): void {
    if (id !== this.#ownId) this.#people(this.#roster.feedJoined(id, display));
  }

  #publishes(publisher: Publisher): void {
    const { id, display = '', streams = [], dummy } = publisher;
    if (dummy || id === this.#ownId) return;
    this.#attends(publisher);
    const wanted = wantedStreams(streams, screenOf(display) !== null);
    const key = JSON.stringify(wanted);
    const before = this.#feeds.get(id);
    if (before?.key === key) return;
    if (wanted.length === 0) return this.#unpublishes(id);
    // What goes on must not seem to end in between: a camera that goes off is forgotten.
    const replaced = before?.subscription ?? before?.replaced ?? null;
    if (before) before.gone = true;
    this.#feeds.set(id, { streams: wanted, key, subscription: null, replaced, tried: 0, gone: false });
    this.#subscribeAll();
  }

  #unpublishes(id: JanusId): void {
    const feed = this.#feeds.get(id);
    if (!feed) return;
    this.#feeds.delete(id);
    feed.gone = true;
    this.#release(feed);
    this.#releaseReplaced(feed);
    this.#subscribeAll();
  }

  #subscribeAll(): void {
    const taken = [...this.#feeds].slice(0, MOST_SUBSCRIPTIONS);
    for (const [id, feed] of taken) if (feed.tried === 0) void this.#subscribe(id, feed);
  }

  async #subscribe(id: JanusId, feed: Feed): Promise<void> {
    const participantId = this.#roster.ofFeed(id);
    if (!this.#connection || participantId === null) return;
    feed.tried += 1;
    const { streams } = feed;
    try {
      const subscription = await Subscription.open(this.#connection, {
        room: this.#options.room,
        feed: id,
        privateId: this.#privateId,
        participantId,
        streams,
        hosts: this.#hosts,
        onLost: () => this.#retry(id, feed),
      });
      if (feed.gone || this.#over) return await subscription.close();
      feed.subscription = subscription;
      for (const track of subscription.tracks) this.#listener.onTrack(track);
      this.#releaseReplaced(feed);
    } catch {
      // The server said no, or is gone, which the connection tells.
      this.#retry(id, feed);
    }
  }

  #retry(id: JanusId, feed: Feed): void {
    if (feed.gone || this.#over) return;
    this.#release(feed);
    if (feed.tried >= TRIES) return this.#releaseReplaced(feed);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!feed.gone && !this.#over) void this.#subscribe(id, feed);
    }, RETRY_MS * feed.tried);
    this.#timers.add(timer);
  }

  #release(feed: Feed): void {
    const { subscription } = feed;
    feed.subscription = null;
    if (subscription) this.#end(subscription);
  }

  #releaseReplaced(feed: Feed): void {
    const { replaced } = feed;
    feed.replaced = null;
    if (replaced) this.#end(replaced);
  }

  #end(subscription: Subscription): void {
    if (!this.#over) for (const { id } of subscription.tracks) this.#listener.onTrackEnded(id);
    void subscription.close();
  }

  #people(changes: readonly RosterChange[]): void {
    if (this.#over) return;
    for (const change of changes) {
      if (change.type === 'joined') this.#listener.onJoined(change.participant);
      else this.#listener.onLeft(change.id);
    }
  }

  #heard(username: string, text: string): void {
    const participantId = this.#roster.ofUsername(username);
    if (participantId !== null && !this.#over) this.#listener.onText({ participantId, text });
  }

  #lose(reason: string): void {
    if (this.#over) return;
    void this.leave();
    if (this.#joined) this.#listener.onClosed(reason);
  }
}
