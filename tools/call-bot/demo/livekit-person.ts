import {
  AddTrackRequest,
  LeaveRequest,
  MuteTrackRequest,
  TrackSource,
  TrackType,
  VideoLayer,
  VideoQuality,
} from '@livekit/protocol';
import {
  connectNode,
  type AudioClip,
  type NodeCall,
  type NodeConnectOptions,
  type VideoClip,
} from '@vis-a-vis/client/node';
import type { RTCDataChannel } from 'werift';
import { Publisher } from '../rooms/livekit/publisher.js';
import { LiveKitSession } from '../rooms/livekit/session.js';
import { CHAT, TextReader, textPackets } from '../rooms/livekit/text-streams.js';
import { accessToken, type LiveKitKey } from '../rooms/livekit/token.js';
import { RoomError } from '../rooms/room.js';
import { TextLog } from './text-log.js';

export interface LiveKitPersonOptions {
  readonly url: string;
  readonly key: LiveKitKey;
  readonly room: string;
  readonly name: string;
  /** What the camera, or the screen, shows; without it there is a microphone alone. */
  readonly video?: VideoClip;
  readonly shows?: 'camera' | 'screen';
  /** Sees every packet before it is sent. */
  readonly impair?: NodeConnectOptions['impair'];
}

/** Somebody in a LiveKit room whose camera and microphone are files. */
export class LiveKitPerson extends TextLog {
  readonly #session: LiveKitSession;
  readonly #sids: string[] = [];
  #send: (packets: readonly Uint8Array[]) => void = () => undefined;
  #publisher: Publisher | null = null;
  #call: NodeCall | null = null;

  private constructor(session: LiveKitSession) {
    super();
    this.#session = session;
  }

  /** Joins as somebody who reads and writes. @throws RoomError */
  static async read(options: LiveKitPersonOptions): Promise<LiveKitPerson> {
    const person = await LiveKitPerson.#join(options);
    const publisher = await Publisher.open(
      person.#session.hosts,
      (sdp) => person.#session.negotiate(sdp),
      () => undefined,
    );
    person.#publisher = publisher;
    person.#send = (packets) => publisher.send(packets);
    return person;
  }

  /** Joins, and publishes. @throws RoomError, CallError */
  static async enter(options: LiveKitPersonOptions): Promise<LiveKitPerson> {
    const person = await LiveKitPerson.#join(options);
    try {
      await person.#publish(options);
      return person;
    } catch (error) {
      await person.leave();
      throw error;
    }
  }

  static async #join({ url, key, room, name }: LiveKitPersonOptions): Promise<LiveKitPerson> {
    const reader = new TextReader([CHAT]);
    let person: LiveKitPerson | null = null;
    const names = new Map<string, string>();
    const token = await accessToken(key, {
      room,
      name,
      identity: `${name}-${crypto.randomUUID()}`,
      agent: false,
    });
    const session = await LiveKitSession.join(
      { url, token, subscribes: false },
      {
        onPeople: (people) => people.forEach(({ identity, name: called }) => names.set(identity, called)),
        onSections: () => undefined,
        onData(packet) {
          const read = reader.take(packet);
          if (read) person?.note({ from: names.get(read.identity) ?? read.identity, text: read.text });
        },
        onLost: () => undefined,
      },
      new AbortController().signal,
    );
    person = new LiveKitPerson(session);
    return person;
  }

  /** Says something aloud. @throws Error where nothing is published */
  async speak(clip: AudioClip): Promise<void> {
    if (!this.#call) throw new RoomError('closed', 'nothing is published');
    await this.#call.speak(clip);
  }

  /** Writes into the chat. @throws RoomError */
  async say(text: string): Promise<void> {
    this.#send(textPackets(text, { topic: CHAT, to: [] }));
    return Promise.resolve();
  }

  /** Switches camera and microphone off, as LiveKit's clients do. */
  async unpublish(): Promise<void> {
    for (const sid of this.#sids)
      this.#session.send({ case: 'mute', value: new MuteTrackRequest({ sid, muted: true }) });
    return Promise.resolve();
  }

  async leave(): Promise<void> {
    this.#session.send({ case: 'leave', value: new LeaveRequest() });
    await this.#session.close();
    await this.#publisher?.close();
    await this.#call?.close();
  }

  async #publish({ url, video, shows = 'camera', impair }: LiveKitPersonOptions): Promise<void> {
    const session = this.#session;
    let channel: RTCDataChannel | null = null;
    this.#call = await connectNode({
      url: url.replace(/^ws/, 'http'),
      ...(video && { video }),
      ...(impair && { impair }),
      onPeer: (peer) => (channel = peer.createDataChannel('_reliable', { ordered: true })),
      exchange: async (sdp) => {
        this.#sids.push(await session.addTrack(microphone()));
        if (video) this.#sids.push(await session.addTrack(picture(shows)));
        return session.negotiate(sdp);
      },
    });
    this.#call.on('error', () => undefined);
    this.#send = (packets) => {
      for (const packet of packets) channel?.send(Buffer.from(packet));
    };
  }
}

/** The server finds what they are sent by through their kind: the SDK gives tracks no names. */
function microphone(): AddTrackRequest {
  return new AddTrackRequest({
    cid: 'microphone',
    type: TrackType.AUDIO,
    source: TrackSource.MICROPHONE,
    disableRed: true,
  });
}

function picture(shows: 'camera' | 'screen'): AddTrackRequest {
  const [width, height] = [320, 240];
  return new AddTrackRequest({
    cid: shows,
    type: TrackType.VIDEO,
    source: shows === 'camera' ? TrackSource.CAMERA : TrackSource.SCREEN_SHARE,
    width,
    height,
    layers: [new VideoLayer({ quality: VideoQuality.HIGH, width, height })],
  });
}
