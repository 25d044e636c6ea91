import type { RTCPeerConnection, RTCRtpTransceiver, MediaStreamTrack } from 'werift';
import { answerTo, roomPeer } from '../peer.js';
import { RoomError, type MediaPacket, type RoomTrack, type TrackSource } from '../room.js';
import type { JanusConnection, JanusHandle } from './connection.js';
import { readAttached, type JanusId, type PublishedStream } from './messages.js';

const VIDEO_ROOM = 'janus.plugin.videoroom';

/** A stream of a publisher that the bot can take. */
export interface WantedStream {
  readonly mid: string;
  readonly source: TrackSource;
  readonly codec: RoomTrack['codec'];
}

/** Of what a publisher sends, what the bot takes: the first sound, a camera, and a screen. */
export function wantedStreams(streams: readonly PublishedStream[], isScreen: boolean): WantedStream[] {
  const wanted: WantedStream[] = [];
  for (const { type, mid, codec, disabled, description = '' } of streams) {
    const taken = codecOf(type, codec);
    if (disabled || !taken) continue;
    const source = sourceOf(taken, wanted, isScreen || /screen|display/i.test(description));
    if (source && !wanted.some((other) => other.source === source))
      wanted.push({ mid, source, codec: taken });
  }
  return wanted;
}

function codecOf(type: string, codec: string | undefined): RoomTrack['codec'] | null {
  if (type === 'audio' && codec === 'opus') return codec;
  return type === 'video' && (codec === 'vp8' || codec === 'h264') ? codec : null;
}

/** Nobody has two cameras in a call: without a description, a second video is a screen. */
function sourceOf(
  codec: RoomTrack['codec'],
  others: readonly WantedStream[],
  isScreen: boolean,
): TrackSource | null {
  if (codec === 'opus') return isScreen ? null : 'microphone';
  return isScreen || others.some(({ source }) => source === 'camera') ? 'screen' : 'camera';
}

export interface SubscriptionOptions {
  readonly room: JanusId;
  readonly feed: JanusId;
  readonly privateId: number | null;
  readonly participantId: string;
  readonly streams: readonly WantedStream[];
  readonly hosts: readonly string[] | null;
  /** Its connection is gone. Never throws. */
  readonly onLost: () => void;
}

/** A connection that receives one publisher's streams: what is wrong with one harms no other. */
export class Subscription {
  readonly tracks: readonly RoomTrack[];
  readonly #handle: JanusHandle;
  readonly #peer: RTCPeerConnection;
  #closed = false;

  private constructor(handle: JanusHandle, peer: RTCPeerConnection, tracks: readonly RoomTrack[]) {
    this.#handle = handle;
    this.#peer = peer;
    this.tracks = tracks;
  }

  /** @throws RoomError */
  static async open(connection: JanusConnection, options: SubscriptionOptions): Promise<Subscription> {
    const { room, feed, privateId, streams, onLost } = options;
    const handle = await connection.attach(VIDEO_ROOM, { onMessage: () => undefined, onHangup: onLost });
    const peer = roomPeer(options.hosts);
    try {
      const { data, jsep } = await handle.send({
        request: 'join',
        ptype: 'subscriber',
        room,
        ...(privateId !== null && { private_id: privateId }),
        // Another set of streams is another subscription.
        autoupdate: false,
        streams: streams.map(({ mid }) => ({ feed, mid })),
      });
      if (!jsep) throw new RoomError('refused', 'the Janus server offered no media');
      const received = new Map<string, Received>();
      peer.ontrack = ({ track, transceiver }) => {
        received.set(transceiver.mid ?? '', { track, transceiver });
      };
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'failed') onLost();
      });
      const answer = await answerTo(peer, jsep);
      await handle.send({ request: 'start' }, answer);
      const sections = readAttached(data);
      const tracks = streams.flatMap((stream) => {
        const mid = sections.find(({ feed_mid }) => feed_mid === stream.mid)?.mid;
        const section = mid === undefined ? undefined : received.get(mid);
        return section ? [trackOf(options, stream, section)] : [];
      });
      return new Subscription(handle, peer, tracks);
    } catch (error) {
      handle.detach();
      await peer.close();
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const track of this.tracks) track.listen(null);
    this.#handle.detach();
    await this.#peer.close();
  }
}

interface Received {
  readonly track: MediaStreamTrack;
  readonly transceiver: RTCRtpTransceiver;
}

let numbered = 0;

function trackOf(
  { participantId }: SubscriptionOptions,
  { source, codec }: WantedStream,
  received: Received,
): RoomTrack {
  const { track, transceiver } = received;
  let listener: ((packet: MediaPacket) => void) | null = null;
  let ssrc: number | null = null;
  track.onReceiveRtp.subscribe(({ header, payload }) => {
    ssrc = header.ssrc;
    const { sequenceNumber, timestamp, marker } = header;
    // Padding alone says nothing.
    if (payload.length > 0) listener?.({ sequenceNumber, timestamp, marker, payload });
  });
  return {
    id: `t${++numbered}`,
    participantId,
    source,
    codec,
    listen: (to) => (listener = to),
    requestKeyFrame() {
      // Until a packet has come there is nobody to ask; a request that is lost with the connection is of no use any more.
      if (ssrc !== null) transceiver.receiver.sendRtcpPLI(ssrc).catch(() => undefined);
    },
  };
}
