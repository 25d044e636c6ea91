import { randomUUID } from 'node:crypto';
import {
  AddTrackRequest,
  Encryption_Type,
  LeaveRequest,
  ParticipantInfo_State,
  TrackSource as Source,
  TrackType,
  UpdateParticipantMetadata,
  type DataPacket,
  type ParticipantInfo,
} from '@livekit/protocol';
import {
  RoomError,
  type BotState,
  type MediaPacket,
  type Room,
  type RoomAdapter,
  type RoomListener,
  type RoomVoice,
  type TrackSource,
} from '../room.js';
import { Publisher } from './publisher.js';
import { Roster, type Person, type RosterChange } from './roster.js';
import { LiveKitSession } from './session.js';
import { CHAT, TextReader, textPackets } from './text-streams.js';
import { accessToken, type LiveKitKey } from './token.js';

/** What LiveKit's own agents tell of themselves by, for pages that show it. */
const STATE = 'lk.agent.state';

export interface LiveKitRoomOptions {
  /** Of the server, e.g. `ws://127.0.0.1:7880`. */
  readonly url: string;
  readonly room: string;
  /** What tokens are made with, or one that somebody else has made. */
  readonly access: LiveKitKey | { readonly token: string };
  /** What the bot is called in the room. */
  readonly name: string;
  /** What its texts are sent by. Default: the chat. */
  readonly topics?: readonly string[];
  /** Addresses to receive at. Default: 127.0.0.1 for a server on this machine, else all. */
  readonly hosts?: readonly string[];
}

/** Rooms of a LiveKit server. */
export function livekitRoom(options: LiveKitRoomOptions): RoomAdapter {
  return {
    address: `livekit ${new URL(options.url).host} ${options.room}`,
    join: (listener, signal) => LiveKitRoom.join(options, listener, signal),
  };
}

const SOURCES: Readonly<Partial<Record<Source, TrackSource>>> = {
  [Source.CAMERA]: 'camera',
  [Source.MICROPHONE]: 'microphone',
  [Source.SCREEN_SHARE]: 'screen',
};

class LiveKitRoom implements Room {
  readonly #options: LiveKitRoomOptions;
  readonly #listener: RoomListener;
  readonly #roster = new Roster();
  readonly #reader = new TextReader([CHAT]);
  /** By the server's name of a track: the port's. */
  readonly #tracks = new Map<string, string>();
  #session: LiveKitSession | null = null;
  #publisher: Publisher | null = null;
  #numbered = 0;
  #early: RosterChange[] | null = [];
  #joined = false;
  #over = false;

  private constructor(options: LiveKitRoomOptions, listener: RoomListener) {
    this.#options = options;
    this.#listener = listener;
  }

  static async join(options: LiveKitRoomOptions, listener: RoomListener, signal: AbortSignal): Promise<Room> {
    const room = new LiveKitRoom(options, listener);
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
    if (!this.#publisher || this.#over) throw new RoomError('closed', 'the room was left');
    const identity = to === undefined ? null : this.#roster.identityOf(to);
    if (to !== undefined && identity === null) return Promise.resolve(); // they have gone meanwhile
    for (const topic of this.#options.topics ?? [CHAT])
      this.#publisher.send(textPackets(text, { topic, to: identity === null ? [] : [identity] }));
    return Promise.resolve();
  }

  async speak(): Promise<RoomVoice> {
    const [session, publisher] = [this.#session, this.#publisher];
    if (!session || !publisher || this.#over) throw new RoomError('closed', 'the room was left');
    await session.addTrack(
      new AddTrackRequest({ cid: 'voice', name: 'voice', type: TrackType.AUDIO, source: Source.MICROPHONE }),
    );
    return publisher.speak();
  }

  show(state: BotState): void {
    const value = new UpdateParticipantMetadata({ attributes: { [STATE]: state } });
    if (!this.#over) this.#session?.send({ case: 'updateMetadata', value });
  }

  async leave(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#tracks.clear();
    this.#session?.send({ case: 'leave', value: new LeaveRequest() });
    await Promise.all([this.#session?.close(), this.#publisher?.close()]);
  }

  async #enter(signal: AbortSignal): Promise<void> {
    const { url, access, hosts } = this.#options;
    const session = await LiveKitSession.join(
      { url, token: 'token' in access ? access.token : await this.#token(access), ...(hosts && { hosts }) },
      {
        onPeople: (people) => this.#people(people),
        onSections: (sections) => this.#tell(this.#roster.sections(sections)),
        onData: (packet) => this.#data(packet),
        onLost: (reason) => this.#lose(reason),
      },
      signal,
    );
    this.#session = session;
    // Tracks of those who were there already can be listened to from now on.
    const early = this.#early ?? [];
    this.#early = null;
    this.#tell(early);
    this.#publisher = await Publisher.open(
      session.hosts,
      (sdp) => session.negotiate(sdp),
      (reason) => this.#lose(reason),
    );
  }

  /** Somebody else each time: a server that has not noticed yet that we are gone must not take us for ourselves. */
  #token(key: LiveKitKey): Promise<string> {
    const { room, name } = this.#options;
    return accessToken(key, { room, name, identity: `visavis-${randomUUID()}`, agent: true });
  }

  #people(people: readonly ParticipantInfo[]): void {
    // Who is only just connecting would not get what is said to them.
    const others = people.filter(({ state }) => state >= ParticipantInfo_State.ACTIVE).map(personOf);
    for (const { identity, gone } of others) if (gone) this.#reader.forget(identity);
    this.#tell(this.#roster.people(others));
  }

  #tell(changes: readonly RosterChange[]): void {
    if (this.#over) return;
    if (this.#early) return void this.#early.push(...changes);
    for (const change of changes) {
      switch (change.type) {
        case 'joined':
          this.#listener.onJoined(change.participant);
          break;
        case 'left':
          this.#listener.onLeft(change.id);
          break;
        case 'track':
          this.#track(change);
          break;
        case 'track_ended':
          this.#trackEnded(change.trackSid);
      }
    }
  }

  #track({ trackSid, participantId, source, codec }: Extract<RosterChange, { type: 'track' }>): void {
    const subscriber = this.#session?.subscriber;
    if (!subscriber) return;
    const id = `t${++this.#numbered}`;
    this.#tracks.set(trackSid, id);
    const there = () => this.#tracks.get(trackSid) === id;
    this.#listener.onTrack({
      id,
      participantId,
      source,
      codec,
      listen(sink: ((packet: MediaPacket) => void) | null) {
        if (there()) subscriber.listen(trackSid, sink);
      },
      requestKeyFrame() {
        if (there()) subscriber.requestKeyFrame(trackSid);
      },
    });
  }

  #trackEnded(trackSid: string): void {
    const id = this.#tracks.get(trackSid);
    if (id === undefined) return;
    this.#session?.subscriber.listen(trackSid, null);
    this.#tracks.delete(trackSid);
    this.#listener.onTrackEnded(id);
  }

  #data(packet: DataPacket): void {
    const read = this.#over ? null : this.#reader.take(packet);
    const participantId = read && this.#roster.idOf(read.identity);
    if (read && participantId !== null && !this.#early)
      this.#listener.onText({ participantId, text: read.text });
  }

  #lose(reason: string): void {
    if (this.#over) return;
    void this.leave();
    if (this.#joined) this.#listener.onClosed(reason);
  }
}

function personOf({ sid, identity, name, state, tracks }: ParticipantInfo): Person {
  return {
    sid,
    identity,
    name,
    gone: state === ParticipantInfo_State.DISCONNECTED,
    tracks: tracks.map((track) => ({
      sid: track.sid,
      // What is encrypted from end to end is not for us.
      source: track.encryption === Encryption_Type.NONE ? (SOURCES[track.source] ?? null) : null,
      muted: track.muted,
    })),
  };
}
