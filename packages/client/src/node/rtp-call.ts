import type { SessionPatch } from '@vis-a-vis/protocol';
import { MediaStreamTrack, RtpHeader, RtpPacket, type RTCDataChannel, type RTCPeerConnection } from 'werift';
import { exchange } from '../exchange.js';
import { Session } from '../session.js';
import { keepMessages, openPeer, prepareTransports, whenChannelOpens } from './peer.js';
import { SenderReports } from './sender-reports.js';

/** A packet of an RTP stream whose source is elsewhere. Numbers and times are sent on as they are. */
export interface ForwardedPacket {
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits, at 48 kHz for Opus and 90 kHz for video. */
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

export interface RtpConnectOptions {
  /** The gateway, e.g. `http://127.0.0.1:8080` or `https://host/path`. */
  readonly url: string;
  /** A key of the gateway, a client secret (`ek_…`), or a token. */
  readonly apiKey?: string;
  /** Of the packets that `sendVideo` will be given. */
  readonly videoCodec: 'vp8' | 'h264';
  /** The session from the start; fields left out have the gateway's defaults. Vendor events are asked for by default. */
  readonly session?: SessionPatch;
  /** Addresses to send from. Default: 127.0.0.1 for a gateway on this machine, else all. */
  readonly iceHosts?: readonly string[];
  /** Servers for ICE; of those, the first of STUN and the first of TURN are used. Default: none. */
  readonly iceServers?: readonly { urls: string; username?: string; credential?: string }[];
  /** How long connecting may take (ms). Default 15 000. */
  readonly timeoutMs?: number;
  /** The gateway wants a picture that needs no other. Never throws. */
  readonly onKeyFrameWanted: () => void;
}

/**
 * Opens a call whose sound and pictures come as RTP packets from another connection, and are sent on as they are.
 * @throws CallError with the gateway's code, or `connect_failed`, `connect_timeout`
 */
export async function connectRtp(options: RtpConnectOptions): Promise<RtpCall> {
  const peer = openPeer(options, options.videoCodec);
  try {
    return await negotiate(peer, options);
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** An open call that is given packets. */
export class RtpCall extends Session {
  readonly #peer: RTCPeerConnection;
  readonly #audio: Forwarder;
  readonly #video: Forwarder;
  #reason: string | null = null;

  /** @internal Use {@link connectRtp}. */
  constructor(
    peer: RTCPeerConnection,
    channel: RTCDataChannel,
    forwarders: { readonly audio: Forwarder; readonly video: Forwarder },
  ) {
    super((text) => channel.send(text));
    this.#peer = peer;
    this.#audio = forwarders.audio;
    this.#video = forwarders.video;
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed') void this.#end('the gateway hung up');
    });
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed') void this.#end('the connection failed');
    });
  }

  sendAudio(packet: ForwardedPacket): void {
    this.#audio.send(packet);
  }

  sendVideo(packet: ForwardedPacket): void {
    this.#video.send(packet);
  }

  close(): Promise<void> {
    return this.#end('closed');
  }

  async #end(why: string): Promise<void> {
    // Closing the connection closes the channel, which would tell another reason.
    const reason = (this.#reason ??= why);
    this.#audio.stop();
    this.#video.stop();
    await this.#peer.close();
    this.handleClosed(reason);
  }
}

/** A sending track, with reports of when its packets were sent. */
class Forwarder {
  readonly #track: MediaStreamTrack;
  readonly #reports: SenderReports;

  constructor(peer: RTCPeerConnection, kind: 'audio' | 'video', onKeyFrameWanted?: () => void) {
    this.#track = new MediaStreamTrack({ kind });
    const { sender } = peer.addTransceiver(this.#track, { direction: 'sendonly' });
    this.#reports = new SenderReports(sender);
    if (onKeyFrameWanted) sender.onPictureLossIndication.subscribe(onKeyFrameWanted);
  }

  send({ sequenceNumber, timestamp, marker, payload }: ForwardedPacket): void {
    const header = new RtpHeader({ sequenceNumber, timestamp, marker });
    const packet = new RtpPacket(header, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    this.#reports.onSent(packet);
    this.#track.writeRtp(packet);
  }

  stop(): void {
    this.#reports.stop();
  }
}

async function negotiate(peer: RTCPeerConnection, options: RtpConnectOptions): Promise<RtpCall> {
  const audio = new Forwarder(peer, 'audio');
  const video = new Forwarder(peer, 'video', options.onKeyFrameWanted);
  let giveUp: () => void = () => undefined;
  try {
    const channel = peer.createDataChannel('oai-events', { ordered: true });
    prepareTransports(peer, options);
    const opened = whenChannelOpens(peer, channel, options.timeoutMs, (opening) => {
      giveUp = () => opening.failed();
    });
    await peer.setLocalDescription(await peer.createOffer());
    const offer = peer.localDescription?.sdp ?? '';
    const handOn = keepMessages(channel);
    await Promise.all([
      exchange(options, offer, { session: options.session }).then(({ sdp }) =>
        peer.setRemoteDescription({ type: 'answer', sdp }),
      ),
      opened,
    ]);
    const call = new RtpCall(peer, channel, { audio, video });
    handOn((text) => call.handleMessage(text));
    return call;
  } catch (error) {
    giveUp(); // of a refused offer nothing will open
    audio.stop();
    video.stop();
    throw error;
  }
}
