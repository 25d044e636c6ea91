import {
  RoomError,
  type BotState,
  type MediaPacket,
  type Room,
  type RoomAdapter,
  type RoomListener,
  type RoomTrack,
  type RoomVoice,
  type TrackSource,
} from '../rooms/room.js';

/** Of Opus (ms), and of a camera at 25 pictures a second. */
const SOUND_MS = 20;
const PICTURE_MS = 40;
/** VP8 as far as anybody looks at it here: a descriptor, and the first byte of a picture. */
const KEY_FRAME = Uint8Array.of(0x10, 0x10);
const OTHER_FRAME = Uint8Array.of(0x10, 0x11);
const SOUND = Uint8Array.of(0xf8, 0xff, 0xfe);

/** Whoever is in the room: the bots and the people. */
interface Member {
  readonly id: string;
  readonly name: string;
  readonly tracks: FakeTrack[];
  readonly listener: RoomListener;
}

/** A room in this process, held to the real ones by test/support/room-contract.ts. */
export class FakeRoom {
  /** What bots have said aloud, and have shown of what they do. */
  readonly spoken: MediaPacket[] = [];
  readonly shown: BotState[] = [];
  readonly #members: Member[] = [];
  #up = true;
  #numbered = 0;

  /** Of bots of this name. */
  adapter(name: string): RoomAdapter {
    return {
      address: 'fake',
      join: async (listener, signal) => {
        await Promise.resolve();
        if (signal.aborted) throw new RoomError('aborted', 'joining was given up');
        if (!this.#up) throw new RoomError('unreachable', 'the room is down');
        return this.#bot(name, listener);
      },
    };
  }

  /** Somebody comes in, and sends this. */
  enter(name: string, shows: readonly TrackSource[] = []): FakePerson {
    const texts: string[] = [];
    const watching = new Set<() => void>();
    const listener: RoomListener = {
      ...DEAF,
      onText({ text }) {
        texts.push(text);
        for (const look of watching) look();
      },
    };
    const member = this.#enter(name, listener);
    const person = new FakePerson(texts, watching, {
      say: (text) => this.#said(member, text, null),
      unpublish: () => this.#unpublish(member),
      leave: () => this.#leave(member),
      publish: (source) => this.#publish(member, source),
    });
    for (const source of shows) person.publish(source);
    return person;
  }

  /** The server ends, and everybody is out. */
  interrupt(): void {
    this.#up = false;
    const were = this.#members.splice(0);
    for (const { tracks } of were) for (const track of tracks) track.stop();
    for (const { listener } of were) listener.onClosed('the room is down');
  }

  resume(): void {
    this.#up = true;
  }

  #bot(name: string, listener: RoomListener): Room {
    const others = [...this.#members];
    const member = this.#enter(name, listener);
    for (const { id, name: called, tracks } of others) {
      listener.onJoined({ id, name: called });
      for (const track of tracks) listener.onTrack(track);
    }
    return {
      say: async (text, to) => {
        await Promise.resolve();
        if (!this.#members.includes(member)) throw new RoomError('closed', 'the room was left');
        this.#said(member, text, to ?? null);
      },
      speak: async () => {
        await Promise.resolve();
        if (!this.#members.includes(member)) throw new RoomError('closed', 'the room was left');
        return this.#speak(member);
      },
      show: (state) => void this.shown.push(state),
      leave: async () => {
        await Promise.resolve();
        this.#leave(member);
      },
    };
  }

  #enter(name: string, listener: RoomListener): Member {
    const member: Member = { id: `p${++this.#numbered}`, name, tracks: [], listener };
    for (const { listener: other } of this.#members) other.onJoined({ id: member.id, name });
    this.#members.push(member);
    return member;
  }

  #publish(member: Member, source: TrackSource): FakeTrack {
    return this.#show(member, new FakeTrack(`t${++this.#numbered}`, member.id, source));
  }

  #speak(member: Member): RoomVoice {
    const track = this.#show(member, new FakeVoice(`t${++this.#numbered}`, member.id, 'microphone'));
    return {
      send: (packet) => {
        this.spoken.push(packet);
        track.send(packet);
      },
    };
  }

  #show<T extends FakeTrack>(member: Member, track: T): T {
    member.tracks.push(track);
    for (const { listener } of this.#others(member)) listener.onTrack(track);
    return track;
  }

  #unpublish(member: Member): void {
    for (const track of member.tracks.splice(0)) {
      track.stop();
      for (const { listener } of this.#others(member)) listener.onTrackEnded(track.id);
    }
  }

  #leave(member: Member): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#unpublish(member);
    this.#members.splice(at, 1);
    for (const { listener } of this.#members) listener.onLeft(member.id);
  }

  #said(member: Member, text: string, to: string | null): void {
    for (const { id, listener } of this.#others(member)) {
      if (to === null || id === to) listener.onText({ participantId: member.id, text });
    }
  }

  #others(member: Member): Member[] {
    return this.#members.filter((other) => other !== member);
  }
}

const DEAF: RoomListener = {
  onJoined: () => undefined,
  onLeft: () => undefined,
  onTrack: () => undefined,
  onTrackEnded: () => undefined,
  onText: () => undefined,
  onClosed: () => undefined,
};

interface PersonActions {
  say(text: string): void;
  unpublish(): void;
  leave(): void;
  publish(source: TrackSource): FakeTrack;
}

export class FakePerson {
  constructor(
    /** What was said by others. */
    readonly texts: readonly string[],
    private readonly watching: Set<() => void>,
    private readonly actions: PersonActions,
  ) {}

  say(text: string): void {
    this.actions.say(text);
  }

  publish(source: TrackSource): FakeTrack {
    return this.actions.publish(source);
  }

  unpublish(): void {
    this.actions.unpublish();
  }

  leave(): void {
    this.actions.leave();
  }

  /** Resolves with the first text that fits, which may have come already. */
  text(fits: (text: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.texts.find(fits);
        if (found === undefined) return;
        this.watching.delete(look);
        resolve(found);
      };
      this.watching.add(look);
      look();
    });
  }
}

/** Sends, as long as somebody listens, packets whose numbers are right and whose contents are not looked at. */
export class FakeTrack implements RoomTrack {
  readonly codec: RoomTrack['codec'];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #sequenceNumber = 0xfffc;
  #timestamp = 0xffff_f000;
  #wantsKey = true;
  /** Key frames that were asked for. */
  asked = 0;

  constructor(
    readonly id: string,
    readonly participantId: string,
    readonly source: TrackSource,
  ) {
    this.codec = source === 'microphone' ? 'opus' : 'vp8';
    this.#everyMs = source === 'microphone' ? SOUND_MS : PICTURE_MS;
  }

  listen(listener: ((packet: MediaPacket) => void) | null): void {
    this.stop();
    if (listener) this.#timer = setInterval(() => listener(this.#next()), this.#everyMs);
  }

  requestKeyFrame(): void {
    this.asked += 1;
    this.#wantsKey = true;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #next(): MediaPacket {
    const sound = this.codec === 'opus';
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + this.#everyMs * (sound ? 48 : 90)) >>> 0;
    const picture = this.#wantsKey ? KEY_FRAME : OTHER_FRAME;
    this.#wantsKey = false;
    return {
      sequenceNumber: this.#sequenceNumber,
      timestamp: this.#timestamp,
      marker: !sound,
      payload: sound ? SOUND : picture,
    };
  }
}

/** A track whose packets are a bot's. */
class FakeVoice extends FakeTrack {
  #listener: ((packet: MediaPacket) => void) | null = null;

  override listen(listener: ((packet: MediaPacket) => void) | null): void {
    this.#listener = listener;
  }

  override stop(): void {
    this.#listener = null;
  }

  send(packet: MediaPacket): void {
    this.#listener?.(packet);
  }
}
