import type { ResumeRequest, SessionPatch } from '@vis-a-vis/protocol';
import {
  MediaStreamTrack,
  type RTCDataChannel,
  type RTCPeerConnection,
  type RTCRtpSender,
  type RtpPacket,
} from 'werift';
import { CallError } from '../errors.js';
import { exchange as postOffer, offerAgain, type ApiKey } from '../exchange.js';
import { Session } from '../session.js';
import { silence, type AudioClip } from './audio-clip.js';
import type { VideoClip } from './ivf.js';
import { keepMessages, openPeer, prepareTransports, whenChannelOpens } from './peer.js';
import { AudioSender, VideoSender, type PlayOptions, type Spoken } from './rtp-sender.js';
import { SenderReports } from './sender-reports.js';

const LABEL = 'oai-events';

export interface NodeConnectOptions {
  /** The gateway, e.g. `http://127.0.0.1:8080` or `https://host/path`. */
  readonly url: string;
  /** A key of the gateway, a client secret (`ek_…`), or a token, or what fetches one. */
  readonly apiKey?: ApiKey;
  /** What the camera shows from the start. Without it, the call has no video until it is opened with one. */
  readonly video?: VideoClip;
  readonly videoOptions?: PlayOptions;
  /** What the microphone sends between utterances. Default: encoded silence. */
  readonly quiet?: AudioClip;
  /** The session from the start; fields left out have the gateway's defaults. Vendor events are asked for by default. */
  readonly session?: SessionPatch;
  /** A call that has lost its connection goes on by this one, with the session that it has. */
  readonly resume?: ResumeRequest;
  /** Addresses to send from. Default: 127.0.0.1 for a gateway on this machine, else all. */
  readonly iceHosts?: readonly string[];
  /** Servers for ICE; of those, the first of STUN and the first of TURN are used. Default: none. */
  readonly iceServers?: readonly { urls: string; username?: string; credential?: string }[];
  /** How long connecting may take (ms). Default 15 000. */
  readonly timeoutMs?: number;
  /** Is given the connection before its offer is made: for further data channels, and to watch it. */
  readonly onPeer?: (peer: RTCPeerConnection) => void;
  /** Takes the offer to the gateway and brings its answer. Default: HTTP POST to `/v1/realtime/calls`. */
  readonly exchange?: (offerSdp: string) => Promise<string>;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
  /** Sees every RTP packet before it is sent; what it returns is sent instead. For load and loss tests. */
  readonly impair?: (packet: RtpPacket, kind: 'audio' | 'video') => readonly RtpPacket[];
}

/**
 * Opens a call from Node: files take the place of microphone and camera, and are sent in real time.
 * @throws CallError with the gateway's code, or `connect_failed`, `connect_timeout`
 */
export async function connectNode(options: NodeConnectOptions): Promise<NodeCall> {
  const peer = openPeer(options, 'vp8');
  try {
    return await negotiate(peer, options);
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** Where the gateway takes further offers for a call, and by which key; null: it did not say. */
interface Where {
  readonly call: URL | null;
  readonly apiKey: ApiKey;
}

/** An open call. */
export class NodeCall extends Session {
  readonly #peer: RTCPeerConnection;
  readonly #audio: AudioSender;
  #video: VideoSender | null;
  readonly #reports: SenderReports[];
  readonly #where: Where;
  #reason: string | null = null;

  /** @internal Use `connectNode`. */
  constructor(
    peer: RTCPeerConnection,
    channel: RTCDataChannel,
    senders: { audio: AudioSender; video: VideoSender | null; reports: readonly SenderReports[] },
    where: Where,
  ) {
    super((text) => channel.send(text));
    this.#peer = peer;
    this.#where = where;
    this.#audio = senders.audio;
    this.#video = senders.video;
    this.#reports = [...senders.reports];
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed') void this.#end('the gateway hung up');
    });
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed') void this.#end('the connection failed');
    });
  }

  /**
   * Says something, in real time, after what is already being said.
   * @returns when its first and last packets were due; rejects where the call ends first
   */
  speak(clip: AudioClip): Promise<Spoken> {
    return this.#audio.speak(clip);
  }

  /** @internal Another line carries the call no more: what it has not said to its end goes on here. */
  takeOver(from: NodeCall): void {
    this.#audio.takeOver(from.#audio);
  }

  /** Stops the packets between utterances, as discontinuous transmission does. */
  mute(muted: boolean): void {
    this.#audio.mute(muted);
  }

  /** What is said is silence from now on, or is heard again. */
  silence(silent: boolean): void {
    this.#audio.silence(silent);
  }

  /** Shows nothing, until `setVideo`. */
  pauseVideo(): void {
    this.#video?.pause();
  }

  /**
   * Shows something else to the camera.
   * @throws CallError `no_video` where the call was opened without
   */
  setVideo(clip: VideoClip, options: PlayOptions = {}): void {
    if (!this.#video) throw new CallError('no_video', 'The call was opened without video.');
    this.#video.play(clip, options);
  }

  /**
   * Seeks another way to the gateway, for a network that has changed. The call goes on meanwhile.
   * @throws CallError with the gateway's code, `session_closed` where the call has ended, or was not opened by HTTP
   */
  restartIce(): Promise<void> {
    return this.#offerAgain({ iceRestart: true });
  }

  /** Shows a video, also in a call that was opened without one. @throws CallError as `restartIce` */
  async addVideo(clip: VideoClip, options: PlayOptions = {}): Promise<void> {
    if (this.#video) return this.#video.play(clip, options);
    const outgoing = addTrack(this.#peer, 'video');
    await this.#offerAgain({});
    const { send, reports } = startSending(outgoing, undefined);
    this.#video = new VideoSender(send, clip, options);
    this.#reports.push(reports);
    outgoing.sender.onPictureLossIndication.subscribe(() => this.onKeyFrameRequest());
  }

  async #offerAgain(how: { readonly iceRestart?: boolean }): Promise<void> {
    const { call, apiKey } = this.#where;
    if (!call || this.#reason !== null) throw new CallError('session_closed', 'There is no call to change.');
    await this.#peer.setLocalDescription(await this.#peer.createOffer(how));
    const sdp = await offerAgain(call, this.#peer.localDescription?.sdp ?? '', apiKey);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** @internal */
  onKeyFrameRequest(): void {
    this.#video?.requestKeyFrame();
  }

  close(): Promise<void> {
    return this.#end('closed');
  }

  async #end(why: string): Promise<void> {
    // Closing the connection closes the channel, which would tell another reason.
    const reason = (this.#reason ??= why);
    this.#audio.stop();
    this.#video?.stop();
    for (const report of this.#reports) report.stop();
    await this.#peer.close();
    this.handleClosed(reason);
  }
}

async function negotiate(peer: RTCPeerConnection, options: NodeConnectOptions): Promise<NodeCall> {
  const quiet = options.quiet ?? (await silence(200));
  const audio = addTrack(peer, 'audio');
  const video = options.video && addTrack(peer, 'video');
  const channel = peer.createDataChannel(LABEL, { ordered: true });
  options.onPeer?.(peer);
  prepareTransports(peer, options);
  const opened = whenChannelOpens(peer, channel, options.timeoutMs);

  await peer.setLocalDescription(await peer.createOffer());
  const offer = peer.localDescription?.sdp ?? '';
  let place: URL | null = null;
  const exchange =
    options.exchange ??
    (async (sdp: string) => {
      const answered = await postOffer(options, sdp, options, options.signal);
      place = answered.call;
      return answered.sdp;
    });
  const handOn = keepMessages(channel);
  await Promise.all([
    exchange(offer).then((sdp) => peer.setRemoteDescription({ type: 'answer', sdp })),
    opened,
  ]);

  const microphone = startSending(audio, options.impair);
  const camera = video && startSending(video, options.impair);
  const senders = {
    audio: new AudioSender(microphone.send, quiet),
    video: camera && options.video ? new VideoSender(camera.send, options.video, options.videoOptions) : null,
    reports: camera ? [microphone.reports, camera.reports] : [microphone.reports],
  };
  const call = new NodeCall(peer, channel, senders, { call: place, apiKey: options.apiKey });
  video?.sender.onPictureLossIndication.subscribe(() => call.onKeyFrameRequest());
  handOn((text) => call.handleMessage(text));
  return call;
}

interface Outgoing {
  readonly track: MediaStreamTrack;
  readonly sender: RTCRtpSender;
}

function addTrack(peer: RTCPeerConnection, kind: 'audio' | 'video'): Outgoing {
  const track = new MediaStreamTrack({ kind });
  return { track, sender: peer.addTransceiver(track, { direction: 'sendonly' }).sender };
}

/** Begins to send what the senders make, with reports. */
function startSending(
  { track, sender }: Outgoing,
  impair: NodeConnectOptions['impair'],
): { send: (packet: RtpPacket) => void; reports: SenderReports } {
  const reports = new SenderReports(sender);
  const send = (packet: RtpPacket) => {
    const packets = impair ? impair(packet, track.kind === 'audio' ? 'audio' : 'video') : [packet];
    for (const p of packets) {
      // Reports tell what was sent: an impaired clock is that of the stream.
      reports.onSent(p);
      track.writeRtp(p);
    }
  };
  return { send, reports };
}
