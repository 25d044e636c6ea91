// A werift client that can be made to send anything. It reaches into werift's objects, which no product code may: this is
// the only file of the fuzzer that does, and what it uses is listed in `Internals`.
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaStreamTrack, RTCPeerConnection, useH264, useOPUS, useVP8, type RTCDataChannel } from 'werift';
import { shapeOffer, type CallPlan } from './core/plan.js';
import type { PlainRtp } from './core/rtp.js';
import { mended, type SctpContext } from './core/sctp.js';
import type { IceSecrets } from './core/stun.js';

/** What werift has and does not declare. */
interface Internals {
  readonly iceTransport: {
    readonly connection: {
      send(data: Buffer): Promise<void>;
      readonly protocols: readonly { transport?: { send: (data: Buffer, to?: unknown) => Promise<void> } }[];
      readonly localUsername: string;
      readonly remoteUsername: string;
      readonly remotePassword: string;
    };
  };
  readonly dtls?: {
    send(data: Buffer): Promise<void>;
    readonly cipher: { encryptPacket(packet: { recordLayerHeader: { contentType: number } }): unknown };
  };
  readonly srtp?: { readonly localContext: { encryptRtp(payload: Buffer, header: object): Buffer } };
  readonly srtcp?: { encrypt(packet: Buffer): Buffer };
}
interface Chunk {
  readonly flags: number;
}
interface Association {
  localTsn: number;
  readonly lastReceivedTsn?: number;
  readonly remoteVerificationTag: number;
  readonly lastSackedTsn: number;
  readonly outboundQueue: readonly Chunk[];
  readonly sentQueue: readonly Chunk[];
  readonly associationState: number;
  send(stream: number, ppid: number, data: Buffer): Promise<void>;
}

const CONNECT_MS = 6000;
const POLL_MS = 10;
const DATAGRAMS_KEPT = 12;
const ESTABLISHED = 4;
/** The chunk is the last of its message. */
const LAST = 1;
const LOOPBACK = /^(127\.|localhost$|\[?::1\]?$)/;

export interface RawClientEvents {
  /** A text of the gateway on any channel. */
  readonly onText: (text: string) => void;
  /** Damages a datagram of the handshake. */
  readonly damage: (datagram: Buffer) => Buffer;
}

/** One client of the fuzzer. Nothing here throws because the connection is gone: then nothing is sent. */
export class RawClient {
  /** DTLS datagrams of its handshake. */
  readonly handshake: Buffer[] = [];
  readonly openedAtMs = performance.now();
  /** UDP port of the gateway for this call; 0 before the answer. */
  port = 0;
  address = '';
  readonly #peer: RTCPeerConnection;
  readonly #plan: CallPlan;
  readonly #channels: RTCDataChannel[] = [];
  readonly #ssrc = { audio: 1, video: 2 };
  #payloadType = { audio: 96, video: 97 };
  #closed = false;

  constructor(url: string, plan: CallPlan, { onText, damage }: RawClientEvents) {
    this.#plan = plan;
    const local = LOOPBACK.test(new URL(url).hostname);
    this.#peer = new RTCPeerConnection({
      iceServers: [],
      bundlePolicy: 'max-bundle',
      codecs: { audio: [useOPUS()], video: [plan.video === 'H264' ? useH264() : useVP8()] },
      maxMessageSize: 262_144,
      ...(local && { iceUseIpv4: false, iceUseIpv6: false, iceAdditionalHostAddresses: ['127.0.0.1'] }),
    });
    const track = (kind: 'audio' | 'video'): void => {
      const { sender } = this.#peer.addTransceiver(new MediaStreamTrack({ kind }), { direction: 'sendonly' });
      sender.rtcpRunning = true; // its own reports would only be in the way
      this.#ssrc[kind] = sender.ssrc;
    };
    track('audio');
    if (plan.video) track('video');
    for (const label of plan.channels) this.#channels.push(this.#peer.createDataChannel(label));
    for (const channel of this.#channels) channel.onMessage.subscribe((data) => onText(data.toString()));
    this.#catchHandshake(damage);
  }

  async offer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return shapeOffer(this.#peer.localDescription?.sdp ?? '', this.#plan);
  }

  /** Takes the answer; what comes of it tells `connected`. */
  async answer(sdp: string): Promise<void> {
    const candidate = /^a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ host/im.exec(sdp);
    this.address = candidate?.[1] ?? '';
    this.port = Number(candidate?.[2] ?? 0);
    const type = (codec: string, fallback: number): number =>
      Number(new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, 'im').exec(sdp)?.[1] ?? fallback);
    this.#payloadType = { audio: type('opus', 96), video: type('(?:VP8|H264)', 97) };
    await this.#peer.setRemoteDescription({
      type: 'answer',
      sdp: sdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:0'),
    });
  }

  /** @returns whether it is, within some seconds */
  async connected(): Promise<boolean> {
    for (
      const until = performance.now() + CONNECT_MS;
      performance.now() < until && !this.#closed;
      await sleep(POLL_MS)
    ) {
      if (this.#peer.connectionState !== 'connected' || !this.#transport?.srtp) continue;
      const [first] = this.#channels;
      if (!first || first.readyState === 'open') return true;
    }
    return false;
  }

  get secrets(): IceSecrets {
    const {
      remoteUsername = '',
      remotePassword = '',
      localUsername = '',
    } = this.#transport?.iceTransport.connection ?? {};
    return { ufrag: remoteUsername, pwd: remotePassword, clientUfrag: localUsername };
  }

  get streams(): {
    audio: { ssrc: number; payloadType: number };
    video: { ssrc: number; payloadType: number } | null;
  } {
    return {
      audio: { ssrc: this.#ssrc.audio, payloadType: this.#payloadType.audio },
      video: this.#plan.video ? { ssrc: this.#ssrc.video, payloadType: this.#payloadType.video } : null,
    };
  }

  /** Null: there is no association, or it is over. */
  get association(): SctpContext | null {
    const sctp = this.#sctp;
    if (!sctp || sctp.associationState !== ESTABLISHED) return null;
    const stream = this.#channels[0]?.id ?? 1;
    return {
      tag: sctp.remoteVerificationTag,
      tsn: sctp.localTsn,
      received: sctp.lastReceivedTsn ?? 0,
      stream,
    };
  }

  /** What the gateway has not acknowledged: packets, and whole messages; `acknowledged` moves on while it reads. */
  get underWay(): { packets: number; messages: number; acknowledged: number } {
    const { outboundQueue = [], sentQueue = [], lastSackedTsn = 0 } = this.#sctp ?? {};
    const waiting =
      (this.#peer.sctpTransport as unknown as { dataChannelQueue: unknown[] } | undefined)?.dataChannelQueue
        .length ?? 0;
    const packets = [...outboundQueue, ...sentQueue];
    return {
      packets: packets.length,
      messages: waiting + packets.filter(({ flags }) => flags & LAST).length,
      acknowledged: lastSackedTsn,
    };
  }

  /** A datagram as it is, from the client's own address. @returns whether it was sent */
  datagram(data: Buffer): boolean {
    const connection = this.#transport?.iceTransport.connection;
    if (!connection || this.#closed) return false;
    connection.send(data).catch(() => undefined);
    return true;
  }

  /** With the right keys. @returns what was sent, or null */
  rtp({ bytes, headerLength, ssrc, sequenceNumber }: PlainRtp): Buffer | null {
    const header = bytes.subarray(0, headerLength);
    const context = this.#transport?.srtp?.localContext;
    const sealed = context?.encryptRtp(bytes.subarray(headerLength), {
      ssrc,
      sequenceNumber,
      serializeSize: headerLength,
      serialize: () => Buffer.from(header),
    });
    return sealed && this.datagram(sealed) ? sealed : null;
  }

  /** With the right keys. @returns what was sent, or null */
  rtcp(compound: Buffer): Buffer | null {
    const sealed = this.#transport?.srtcp?.encrypt(compound);
    return sealed && this.datagram(sealed) ? sealed : null;
  }

  /** A record of any type with the right keys. */
  record(type: number, body: Buffer): boolean {
    const dtls = this.#transport?.dtls;
    if (!dtls || this.#closed) return false;
    const { cipher } = dtls;
    const encrypt = cipher.encryptPacket.bind(cipher);
    cipher.encryptPacket = (packet) => {
      packet.recordLayerHeader.contentType = type;
      return encrypt(packet);
    };
    // Encrypts at once, and only then waits.
    dtls.send(body).catch(() => undefined);
    cipher.encryptPacket = encrypt;
    return true;
  }

  /** @param consumed TSNs that the gateway counts for it: the client's own go on after them */
  sctp(packet: Buffer, consumed: number): boolean {
    const sctp = this.#sctp;
    if (!sctp || !this.#transport?.dtls) return false;
    sctp.localTsn = (sctp.localTsn + consumed) % 2 ** 32;
    this.#transport.dtls.send(packet).catch(() => undefined);
    return true;
  }

  /** After packets that the gateway may not have taken. */
  mend(): void {
    const { association } = this;
    if (association) this.sctp(mended(association), 0);
  }

  /** A whole message on any stream. */
  message(stream: number, ppid: number, data: Buffer): boolean {
    if (this.association === null) return false;
    this.#sctp?.send(stream, ppid, data).catch(() => undefined);
    return true;
  }

  /** A text on one of its channels. @returns whether it was open */
  text(channel: number, text: string): boolean {
    const open = this.#channels[channel % Math.max(1, this.#channels.length)];
    if (this.#closed || open?.readyState !== 'open') return false;
    open.send(text);
    return true;
  }

  openChannel(label: string): void {
    if (this.#closed || this.#channels.length > 300) return;
    this.#channels.push(this.#peer.createDataChannel(label));
  }

  closeChannel(channel: number): void {
    this.#channels[channel % Math.max(1, this.#channels.length)]?.close();
  }

  /** @param silent without a goodbye: what werift would still send is lost */
  async close(silent: boolean): Promise<void> {
    if (this.#closed) return;
    if (silent) this.#mute();
    this.#closed = true;
    await this.#peer.close();
  }

  /** From now on nothing leaves. */
  #mute(): void {
    for (const { transport } of this.#transport?.iceTransport.connection.protocols ?? []) {
      if (transport) transport.send = async () => undefined;
    }
  }

  #catchHandshake(damage: (datagram: Buffer) => Buffer): void {
    const connection = this.#transport?.iceTransport.connection;
    if (!connection) return;
    const send = connection.send.bind(connection);
    const { fault, faultAt } = this.#plan;
    let n = 0;
    connection.send = async (data) => {
      const first = data[0] ?? 0;
      const early = this.#peer.connectionState !== 'connected' && first >= 20 && first < 64;
      if (!early) return send(data);
      if (this.handshake.length < DATAGRAMS_KEPT) this.handshake.push(data);
      const hit = n++ === faultAt;
      if (fault === 'stop' && n > faultAt) return;
      if (!hit || fault === 'none') return send(data);
      if (fault === 'lost') return;
      if (fault === 'again') await send(data);
      await send(fault === 'damaged' ? damage(data) : data);
    };
  }

  get #transport(): Internals | undefined {
    return this.#peer.dtlsTransports[0] as unknown as Internals | undefined;
  }

  get #sctp(): Association | undefined {
    return this.#peer.sctpTransport?.sctp as unknown as Association | undefined;
  }
}
