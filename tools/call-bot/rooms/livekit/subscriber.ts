import type { RTCDataChannel, RTCPeerConnection, RtpPacket } from 'werift';
import { PictureLossIndication, RtcpPayloadSpecificFeedback } from 'werift';
import { answerTo, roomPeer, type Description } from '../peer.js';
import type { MediaPacket } from '../room.js';
import { sectionsOf, type Section } from './sections.js';

/** Who it is that asks for key frames; a participant who sends nothing has no number of their own. */
const OWN_SSRC = 1;

/** What the server offers. */
export interface Offer {
  readonly sdp: string;
  /** By media section, which track it sends. */
  readonly trackByMid: Readonly<Record<string, string>>;
}

/** The methods never throw. */
export interface SubscriberListener {
  /** All that is sent to us from now on. */
  onSections(sections: readonly Section[]): void;
  onData(packet: Uint8Array): void;
  onLost(reason: string): void;
}

/**
 * The connection by which a LiveKit server sends: everybody's media and what is written. It offers, and offers again whenever somebody begins or
 * stops to publish; a section that is free again is used for somebody else's track, so packets are told apart by SSRC alone.
 */
export class Subscriber {
  /** What is written comes in. */
  readonly ready: Promise<void>;
  readonly #peer: RTCPeerConnection;
  readonly #listener: SubscriberListener;
  readonly #sinks = new Map<string, (packet: MediaPacket) => void>();
  #trackBySsrc = new Map<number, string>();
  #ssrcByTrack = new Map<string, number>();
  #work: Promise<void> = Promise.resolve();
  #routed = false;
  #closed = false;

  constructor(hosts: readonly string[] | null, listener: SubscriberListener) {
    this.#listener = listener;
    this.#peer = roomPeer(hosts);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#peer.onDataChannel.subscribe((channel: RTCDataChannel) => {
      channel.onMessage.subscribe((data) => {
        if (!this.#closed && typeof data !== 'string') listener.onData(data);
      });
      if (channel.label === '_reliable') resolve();
    });
    this.#peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed') this.#lose('the connection to the LiveKit server failed');
    });
  }

  /** Answers, after the offers before. @returns null: it is over */
  async answer({ sdp, trackByMid }: Offer): Promise<Description | null> {
    const answered = this.#work.then(() => this.#answer(sdp, trackByMid));
    this.#work = answered.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await answered;
    } catch (error) {
      this.#lose(`an offer of the LiveKit server could not be answered: ${String(error)}`);
      return null;
    }
  }

  candidate(init: unknown): void {
    if (this.#closed) return;
    // One that cannot be used is no harm: there are others.
    this.#peer.addIceCandidate(init as never).catch(() => undefined);
  }

  /** @param sink null: nobody listens */
  listen(trackSid: string, sink: ((packet: MediaPacket) => void) | null): void {
    if (sink) this.#sinks.set(trackSid, sink);
    else this.#sinks.delete(trackSid);
  }

  requestKeyFrame(trackSid: string): void {
    const mediaSsrc = this.#ssrcByTrack.get(trackSid);
    const [transport] = this.#peer.dtlsTransports;
    if (mediaSsrc === undefined || !transport || this.#closed) return;
    const feedback = new PictureLossIndication({ senderSsrc: OWN_SSRC, mediaSsrc });
    // One that is lost with the connection is of no use any more.
    transport.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]).catch(() => undefined);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sinks.clear();
    await this.#peer.close();
  }

  async #answer(sdp: string, trackByMid: Offer['trackByMid']): Promise<Description | null> {
    if (this.#closed) return null;
    const sections = sectionsOf(sdp, trackByMid);
    // Before its packets can come.
    this.#trackBySsrc = new Map(sections.map(({ ssrc, trackSid }) => [ssrc, trackSid]));
    this.#ssrcByTrack = new Map(sections.map(({ ssrc, trackSid }) => [trackSid, ssrc]));
    const answer = await answerTo(this.#peer, { type: 'offer', sdp });
    this.#route();
    if (!this.#closed) this.#listener.onSections(sections);
    return this.#closed ? null : answer;
  }

  /** All sections are bundled: there is one transport. */
  #route(): void {
    const [transport] = this.#peer.dtlsTransports;
    if (this.#routed || !transport) return;
    this.#routed = true;
    transport.onRtp.subscribe((packet) => this.#receive(packet));
  }

  #receive({ header, payload }: RtpPacket): void {
    const trackSid = this.#trackBySsrc.get(header.ssrc);
    const sink = trackSid === undefined ? undefined : this.#sinks.get(trackSid);
    // Padding alone, by which the server measures the way, says nothing.
    if (!sink || payload.length === 0) return;
    const { sequenceNumber, timestamp, marker } = header;
    sink({ sequenceNumber, timestamp, marker, payload });
  }

  #lose(reason: string): void {
    if (!this.#closed) this.#listener.onLost(reason);
  }
}
