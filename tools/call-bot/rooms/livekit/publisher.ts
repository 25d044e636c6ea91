import { MediaStreamTrack, RtpHeader, RtpPacket, type RTCDataChannel, type RTCPeerConnection } from 'werift';
import { offerOf, roomPeer } from '../peer.js';
import { RoomError, type MediaPacket, type RoomVoice } from '../room.js';

/** How long connecting may take (ms). */
const OPEN_MS = 15_000;
/** What was written and is not sent yet; a room that takes no more is told so. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

/** Takes an offer to the server, and brings its answer with all candidates. @throws RoomError */
export type Negotiate = (sdp: string) => Promise<string>;

/** The connection by which we send to a LiveKit server: what is written, and a voice where there is one. */
export class Publisher {
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #negotiate: Negotiate;
  #closed = false;

  private constructor(peer: RTCPeerConnection, negotiate: Negotiate) {
    this.#peer = peer;
    this.#negotiate = negotiate;
    this.#channel = peer.createDataChannel('_reliable', { ordered: true });
  }

  /**
   * @param onLost its connection is gone; never throws
   * @throws RoomError
   */
  static async open(
    hosts: readonly string[] | null,
    negotiate: Negotiate,
    onLost: (reason: string) => void,
  ): Promise<Publisher> {
    const publisher = new Publisher(roomPeer(hosts), negotiate);
    const opened = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => opened.reject(new RoomError('timeout', 'no connection to the LiveKit server')),
      OPEN_MS,
    );
    publisher.#channel.stateChanged.subscribe((state) => {
      if (state === 'open') opened.resolve();
      if (state === 'closed' && !publisher.#closed) onLost('what is written goes out no more');
    });
    publisher.#peer.connectionStateChange.subscribe((state) => {
      if (state !== 'failed' || publisher.#closed) return;
      opened.reject(new RoomError('unreachable', 'no connection to the LiveKit server'));
      onLost('the connection to the LiveKit server failed');
    });
    try {
      await Promise.all([publisher.#offer(), opened.promise]);
      return publisher;
    } catch (error) {
      opened.promise.catch(() => undefined);
      await publisher.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws RoomError */
  send(packets: readonly Uint8Array[]): void {
    if (this.#closed || this.#channel.readyState !== 'open')
      throw new RoomError('closed', 'the room was left');
    if (this.#channel.bufferedAmount > MOST_BUFFERED_BYTES)
      throw new RoomError('timeout', 'the LiveKit server takes nothing more for the moment');
    for (const packet of packets) this.#channel.send(Buffer.from(packet));
  }

  /** Opens a microphone, of which the server has been told. @throws RoomError */
  async speak(): Promise<RoomVoice> {
    const track = new MediaStreamTrack({ kind: 'audio' });
    this.#peer.addTransceiver(track, { direction: 'sendonly' });
    await this.#offer();
    return {
      send: ({ sequenceNumber, timestamp, marker, payload }: MediaPacket) => {
        if (this.#closed) return;
        const header = new RtpHeader({ sequenceNumber, timestamp, marker });
        track.writeRtp(new RtpPacket(header, Buffer.from(payload)));
      },
    };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#peer.close();
  }

  async #offer(): Promise<void> {
    const { sdp } = await offerOf(this.#peer);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: await this.#negotiate(sdp) });
  }
}
