import { MediaStreamTrack, RtpHeader, RtpPacket, type RTCPeerConnection } from 'werift';
import { offerOf, roomPeer } from '../peer.js';
import { RoomError, type MediaPacket, type RoomVoice } from '../room.js';
import type { JanusHandle } from './connection.js';

/** How long connecting may take (ms). */
const CONNECT_MS = 10_000;

/** What the bot publishes in a VideoRoom: a microphone. */
export class JanusVoice implements RoomVoice {
  readonly #peer: RTCPeerConnection;
  readonly #track: MediaStreamTrack;
  #closed = false;

  private constructor(peer: RTCPeerConnection, track: MediaStreamTrack) {
    this.#peer = peer;
    this.#track = track;
  }

  /** @param publisher of the bot in the room @throws RoomError */
  static async open(publisher: JanusHandle, hosts: readonly string[] | null): Promise<JanusVoice> {
    const peer = roomPeer(hosts);
    const track = new MediaStreamTrack({ kind: 'audio' });
    peer.addTransceiver(track, { direction: 'sendonly' });
    const connected = Promise.withResolvers<void>();
    connected.promise.catch(() => undefined); // where nobody waits for it
    const fail = () => connected.reject(new RoomError('timeout', 'no connection for the voice'));
    const timer = setTimeout(fail, CONNECT_MS);
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'connected') connected.resolve();
      if (state === 'failed') fail();
    });
    try {
      const { jsep } = await publisher.send({ request: 'publish' }, await offerOf(peer));
      if (!jsep) throw new RoomError('refused', 'the Janus server did not answer the offer');
      await peer.setRemoteDescription(jsep);
      await connected.promise;
      return new JanusVoice(peer, track);
    } catch (error) {
      await peer.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  send({ sequenceNumber, timestamp, marker, payload }: MediaPacket): void {
    if (this.#closed) return;
    const header = new RtpHeader({ sequenceNumber, timestamp, marker });
    this.#track.writeRtp(new RtpPacket(header, Buffer.from(payload)));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#peer.close();
  }
}
