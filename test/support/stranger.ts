import type { MediaOptions, MediaPeer, MediaService } from '#modules/media';
import type { VideoClip } from '@vis-a-vis/client/node';
import {
  MediaStreamTrack,
  RTCPeerConnection,
  RtpHeader,
  useOPUS,
  useVP8,
  type RTCDataChannel,
  type RTCRtpSender,
} from 'werift';
import { Recording, until } from './media-call.js';

const LOOPBACK = {
  iceServers: [],
  iceUseIpv4: false,
  iceUseIpv6: false,
  iceAdditionalHostAddresses: ['127.0.0.1'],
};

/** A bare client, which can be made to send anything. */
export class Stranger {
  readonly connection: RTCPeerConnection;
  readonly heard = new Recording();
  readonly senders: Record<'audio' | 'video', RTCRtpSender[]> = { audio: [], video: [] };
  channel: RTCDataChannel | null = null;
  peer: MediaPeer | null = null;

  constructor(
    private readonly service: MediaService,
    codec = useVP8(),
  ) {
    this.connection = new RTCPeerConnection({
      ...LOOPBACK,
      bundlePolicy: 'max-bundle',
      codecs: { audio: [useOPUS()], video: [codec] },
      maxMessageSize: 0,
    });
  }

  track(kind: 'audio' | 'video'): this {
    const transceiver = this.connection.addTransceiver(new MediaStreamTrack({ kind }), {
      direction: 'sendonly',
    });
    this.senders[kind].push(transceiver.sender);
    return this;
  }

  withChannel(): this {
    this.channel = this.connection.createDataChannel('oai-events');
    return this;
  }

  async offer(): Promise<string> {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return this.connection.localDescription?.sdp ?? '';
  }

  async connect(options: MediaOptions = {}, edit = (sdp: string) => sdp): Promise<MediaPeer> {
    this.peer = await this.service.answer(edit(await this.offer()), this.heard, options);
    // The client knows the service's limit, and does not keep to it.
    const answer = this.peer.answerSdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:0');
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await until(() => this.connection.connectionState === 'connected');
    if (this.channel)
      await until(() => this.channel?.readyState === 'open' && this.heard.channels.length > 0);
    return this.peer;
  }

  async close(): Promise<void> {
    await this.peer?.close();
    await this.connection.close();
  }

  /** Sends one RTP packet as it is. */
  async rtp(kind: 'audio' | 'video', header: Partial<RtpHeader>, payload: Uint8Array): Promise<void> {
    const sender = this.senders[kind][0];
    if (!sender) throw new Error(`no ${kind} track`);
    const payloadType = sender.codec?.payloadType ?? 0;
    await sender.dtlsTransport.sendRtp(
      Buffer.from(payload),
      new RtpHeader({ ssrc: sender.ssrc, payloadType, ...header }),
    );
  }

  /** Sends the n-th frame of a clip in one packet for every 1000 bytes. */
  async frame(clip: VideoClip, index: number, sequence: { n: number }, timestamp: number): Promise<void> {
    const data = clip.frames[index]?.data ?? new Uint8Array(0);
    for (let at = 0; at < data.length; at += 1000) {
      const part = data.subarray(at, at + 1000);
      const payload = Uint8Array.of(at === 0 ? 0x10 : 0, ...part);
      const marker = at + 1000 >= data.length;
      await this.rtp('video', { sequenceNumber: sequence.n++ & 0xffff, timestamp, marker }, payload);
    }
  }
}
