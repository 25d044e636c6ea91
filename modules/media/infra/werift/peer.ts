import { randomInt } from 'node:crypto';

import { VisavisError } from '#modules/contracts';
import { RtcpSrPacket, type RTCCertificate, type RTCDtlsTransport, type RTCPeerConnection } from 'werift';

import type {
  CloseReason,
  LocalIce,
  MediaHandlers,
  MediaPeer,
  MediaStats,
  OpusDecoder,
  SendResult,
  VideoCodec,
  VideoTrackDecoder,
} from '../../core/ports.js';
import type { ResolvedMediaOptions } from '../../core/options.js';
import { MediaReceiver } from '../../core/receiver.js';
import type { SenderReport } from '../../core/rtp.js';
import { Agreement } from '../../core/sdp/agreement.js';
import type { AnswerShape } from '../../core/sdp/answer.js';
import { readCandidate } from '../../core/sdp/candidates.js';
import { readSrtpHeader } from '../../core/srtp-packet.js';
import { readMid } from '../../core/videos/mid-extension.js';
import type { SocketSource } from '../ice/sockets.js';
import { SrtpReceiver } from '../srtp/srtp-receiver.js';
import { Channels } from './channels.js';
import type { IceLink, LinkHandlers } from './ice-link.js';
import { negotiate, type Negotiated } from './negotiate.js';
import { rtcpOf, senderReportOf } from './rtcp.js';
import { srtpKeysOf } from './srtp-keys.js';

export interface PeerDeps {
  readonly id: string;
  readonly handlers: MediaHandlers;
  readonly options: ResolvedMediaOptions;
  readonly sockets: SocketSource;
  readonly nowMs: () => number;
  readonly certificate: RTCCertificate;
  readonly opus: OpusDecoder;
  /** `parameterSets`: those that the client's offer has for the payload type. */
  readonly openVideoDecoder: (
    codec: VideoCodec,
    parameterSets: readonly Uint8Array[] | undefined,
  ) => VideoTrackDecoder;
  /** A handler (or werift's close) threw: a bug, which must not be lost in event code. The call is closed. */
  readonly onBug: (error: unknown) => void;
  /** The call's sockets are closed. */
  readonly onReleased: () => void;
}

/** One client over werift: ICE, DTLS, SRTP and data channels; what comes out of them goes to the core. */
export class WeriftPeer implements MediaPeer {
  readonly id: string;
  readonly #deps: PeerDeps;
  readonly #receiver: MediaReceiver;
  readonly #openedAtMs: number;
  /** Sender of our RTCP. */
  readonly #ssrc = randomInt(1, 2 ** 32);
  #link: Negotiated | null = null;
  #agreement: Agreement | null = null;
  #channels: Channels | null = null;
  #midExtension: number | null = null;
  #checked = false;
  #connected = false;
  #ended = false;
  /** By a bug: nothing that comes is looked at any more. */
  #struck = false;
  #closing: Promise<void> = Promise.resolve();

  private constructor(deps: PeerDeps) {
    this.id = deps.id;
    this.#deps = deps;
    this.#openedAtMs = deps.nowMs();
    this.#receiver = new MediaReceiver({
      opus: deps.opus,
      openVideoDecoder: (codec, payloadType) =>
        deps.openVideoDecoder(codec, this.#agreement?.parameterSets.get(payloadType)),
      frameIntervalMs: deps.options.frameIntervalMs,
      onAudio: (frame) => deps.handlers.onAudio(frame),
      onVideo: (frame) => this.#guard(() => deps.handlers.onVideo(frame)),
      onDrop: (reason, count) => deps.handlers.onDrop(reason, count),
    });
  }

  /** @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`; nothing is left open then */
  static async answer(offerSdp: string, deps: PeerDeps): Promise<WeriftPeer> {
    const peer = new WeriftPeer(deps);
    try {
      const link = await negotiate(offerSdp, { ...deps, ...peer.#linkHandlers() }, (connection, transport) =>
        peer.#wire(connection, transport),
      );
      peer.#link = link;
      peer.#agreement = new Agreement({ offerSdp, ...link }, shapeOf(deps.options));
      peer.#accept(peer.#agreement);
      return peer;
    } catch (error) {
      peer.#receiver.close();
      await peer.#link?.connection.close();
      throw error;
    }
  }

  get answerSdp(): string {
    return this.#agreement?.answerSdp ?? '';
  }

  get trackKinds(): readonly ('audio' | 'video')[] {
    return this.#agreement?.trackKinds ?? [];
  }

  get ice(): LocalIce {
    return this.#open().agreement.ice;
  }

  addCandidates(candidates: readonly string[], ufrag?: string): number {
    const { ice } = this.#open();
    return candidates.filter((line) => {
      const read = readCandidate(line);
      if (!read) return false;
      const { address: host, port, transport, priority } = read;
      return ice.trickle({ host, port, transport, priority, component: 1 }, read.ufrag ?? ufrag ?? null);
    }).length;
  }

  restartIce(remote: { readonly ufrag: string; readonly password: string }): LocalIce {
    const { ice, agreement } = this.#open();
    agreement.restarted(ice.beginAnew(remote));
    return agreement.ice;
  }

  renegotiate(offerSdp: string): string {
    const { ice, agreement } = this.#open();
    const { candidates, iceUfrag } = agreement.renew(offerSdp, (remote) => ice.beginAnew(remote));
    this.addCandidates(candidates, iceUfrag);
    this.#accept(agreement);
    return agreement.answerSdp;
  }

  send(label: string, text: string): SendResult {
    if (this.#ended || !this.#channels) return 'not_open';
    return this.#channels.send(label, text);
  }

  get largestMessageBytes(): number {
    return this.#channels?.largestBytes ?? 0;
  }

  bufferedAmount(label: string): number {
    return this.#channels?.bufferedAmount(label) ?? 0;
  }

  get delivered(): boolean {
    return this.#channels?.delivered ?? true;
  }

  stats(): MediaStats {
    return this.#receiver.stats();
  }

  /** Moves time on; the service calls it every 20 ms. */
  tick(nowMs: number): void {
    if (this.#ended || !this.#link) return;
    const { ice } = this.#link;
    this.#guard(() => ice.tick(nowMs));
    if (!this.#connected) {
      const { connectTimeoutMs, silentTimeoutMs } = this.#deps.options;
      const patience = this.#checked ? connectTimeoutMs : Math.min(connectTimeoutMs, silentTimeoutMs);
      if (nowMs - this.#openedAtMs >= patience) void this.#end('connect_timeout');
      return;
    }
    this.#guard(() => {
      const packets = rtcpOf(this.#receiver.tick(nowMs), this.#ssrc, this.#deps.options.videoKbps);
      // A report that is lost with a closing socket is followed by another or by none; the close has its own event.
      if (packets.length > 0) this.#link?.transport.sendRtcp(packets).catch(() => undefined);
    });
  }

  close(): Promise<void> {
    return this.#end('closed_by_us');
  }

  #open(): { readonly ice: IceLink; readonly agreement: Agreement } {
    const [link, agreement] = [this.#link, this.#agreement];
    if (this.#ended || !link || !agreement) throw new VisavisError('session_closed', 'The call is closed.');
    return { ice: link.ice, agreement };
  }

  #accept({ payloadTypes, videos, midExtension, parameterSets, trackKinds }: Agreement): void {
    this.#midExtension = midExtension;
    this.#receiver.accept(payloadTypes, videos);
    this.#deps.handlers.tap?.onAgreed({ payloadTypes, videos, parameterSets, trackKinds });
  }

  #linkHandlers(): LinkHandlers {
    return {
      guard: (work) => this.#guard(work),
      onChecked: () => {
        this.#checked = true;
        this.#guard(() => this.#deps.handlers.onChecked?.());
      },
      onUnreadable: () => this.#guard(() => this.#receiver.drop('malformed_packet', 1)),
    };
  }

  /** Subscribes to everything before the first packet can come. */
  #wire(connection: RTCPeerConnection, transport: RTCDtlsTransport): void {
    this.#channels = new Channels(
      connection,
      {
        guard: (work) => this.#guard(work),
        onChannel: (label) => this.#deps.handlers.onChannel(label),
        onMessage: (label, data) => this.#deps.handlers.onMessage(label, data),
        onOversized: () => this.#guard(() => this.#receiver.drop('oversized_message', 1)),
        onMalformed: () => this.#guard(() => this.#receiver.drop('malformed_message', 1)),
        onUnsent: () => this.#guard(() => this.#receiver.drop('unsent_message', 1)),
        onClosed: () => void this.#end('closed_by_peer'),
      },
      this.#deps.options.maxMessageBytes,
    );
    this.#channels.guard(transport);

    // werift's own routing is taken off: it knows only SSRCs of the offer, drops unknown payload types in silence, and its
    // retransmission requests wedge when a loss spans the wrap of the sequence number and keep a 5 ms timer running. RTP does not
    // reach it at all.
    transport.onRtp.allUnsubscribe();
    transport.onRtcp.allUnsubscribe();
    transport.onRtcp.subscribe((packet) => {
      if (!(packet instanceof RtcpSrPacket)) return;
      this.#guard(() => this.#onSenderReport(senderReportOf(packet), this.#deps.nowMs()));
    });
    transport.onStateChange.subscribe((state) => {
      if (state === 'connected' && !this.#connected) {
        this.#connected = true;
        this.#listen(transport);
        this.#guard(() => this.#deps.handlers.onConnected?.());
      }
      // A client without data channels says goodbye by DTLS alone.
      if (state === 'closed') void this.#end('closed_by_peer');
      if (state === 'failed') void this.#end('failed');
    });
    // Consent lost for 30 s (the client was killed, or its network went), or no candidate pair worked.
    connection.connectionStateChange.subscribe((state) => {
      if (state === 'failed' || state === 'closed') void this.#end('failed');
    });
    connection.iceConnectionStateChange.subscribe((state) => {
      if (state === 'failed') void this.#end('failed');
    });
  }

  #onSenderReport(report: SenderReport, nowMs: number): void {
    this.#deps.handlers.tap?.onSenderReport(report, nowMs);
    this.#receiver.onSenderReport(report, nowMs);
  }

  /** Both sides have the keys: what comes is decrypted from now on. */
  #listen(transport: RTCDtlsTransport): void {
    const srtp = new SrtpReceiver(srtpKeysOf(transport));
    this.#link?.ice.routeRtp((bytes) => {
      const packet = readSrtpHeader(bytes);
      if (!packet) return this.#receiver.drop('malformed_packet', 1);
      const nowMs = this.#deps.nowMs();
      if (!this.#receiver.wants(packet, nowMs)) return;
      // What is not genuine is nobody's.
      if (!srtp.open(bytes, packet)) return;
      if (this.#midExtension !== null && this.#receiver.asksMid(packet))
        packet.mid = readMid(bytes, this.#midExtension);
      this.#deps.handlers.tap?.onRtp(packet, nowMs);
      this.#receiver.onRtp(packet, nowMs);
    });
  }

  /** werift logs what its listeners throw to a debug channel and goes on: here a bug ends the call, and is told. */
  #guard(run: () => void): void {
    if (this.#ended || this.#struck) return;
    try {
      run();
    } catch (error) {
      this.#struck = true;
      const { handlers, onBug } = this.#deps;
      if (handlers.onBug) return handlers.onBug('media', error);
      onBug(error);
      void this.#end('failed');
    }
  }

  #end(reason: CloseReason): Promise<void> {
    // Without a link the offer was refused: the caller has an error, and there was no call to end.
    if (!this.#link || this.#ended) return this.#closing;
    // Before anything is closed, because closing the connection is told by the events that lead here.
    this.#ended = true;
    this.#closing = this.#release(this.#link, reason);
    return this.#closing;
  }

  async #release(link: Negotiated, reason: CloseReason): Promise<void> {
    // One step after the other, whatever a step throws: nobody waits for this promise, and the sockets must close.
    const steps: (() => void | Promise<void>)[] = [
      () => this.#receiver.close(),
      () => link.connection.close(),
      () => this.#deps.onReleased(),
      () => this.#deps.handlers.onClosed(reason),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.#deps.onBug(error);
      }
    }
  }
}

/** Two pictures an interval: one for it, and one in case the next is late. A stream as slow as that needs no key frames. */
function shapeOf({ videoKbps, frameIntervalMs, audioDtx }: ResolvedMediaOptions): AnswerShape {
  return { videoKbps, framerate: Math.max(1, Math.ceil(2000 / frameIntervalMs)), dtx: audioDtx === true };
}
