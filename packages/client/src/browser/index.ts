import type { IceServer, SessionPatch } from '@vis-a-vis/protocol';
import { exchange, iceServersOf, offerAgain, type GatewayAddress } from '../exchange.js';
import { CallError, Session } from '../session.js';
import { whenOpen } from '../when-open.js';

export { iceServersOf, type GatewayAddress } from '../exchange.js';
export { CallError, type Answer, type Delta, type SessionEvents, type Speech } from '../session.js';

export interface ConnectOptions {
  /** The gateway, e.g. `http://127.0.0.1:8080` or `https://host/path`. Default: the folder that the page came from. */
  readonly url?: string;
  /** A client secret (`ek_…`), which the application's server asks the gateway for, or a token. Pages hold no lasting keys. */
  readonly apiKey?: string;
  /** A microphone. Without one a silent track is sent: the gateway wants audio in every call. */
  readonly audio?: MediaStreamTrack;
  /** A camera, a canvas, a screen. */
  readonly video?: MediaStreamTrack;
  /** The session from the start; fields left out have the gateway's defaults. Vendor events are asked for by default. */
  readonly session?: SessionPatch;
  /** Servers for ICE (STUN, TURN). Default: those that the gateway names; an empty list: none. */
  readonly iceServers?: readonly RTCIceServer[];
  /** `relay`: by TURN alone, so that the gateway does not learn the user's address. Default `all`. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** How long connecting may take (ms). Default 15 000. */
  readonly timeoutMs?: number;
}

/**
 * Opens a call.
 *
 * ```ts
 * const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
 * const call = await connect({ audio: media.getAudioTracks()[0], video: media.getVideoTracks()[0] });
 * call.on('delta', ({ text }) => caption.append(text));
 * const answer = await call.ask('how many shapes are there');
 * ```
 * @throws CallError with the gateway's code, or `connect_failed`, `connect_timeout`
 */
export async function connect(options: ConnectOptions = {}): Promise<Call> {
  const gateway = { url: options.url ?? new URL('.', location.href), apiKey: options.apiKey };
  const iceServers = await serversFor(gateway, options);
  const peer = new RTCPeerConnection({ iceServers, iceTransportPolicy: options.iceTransportPolicy ?? 'all' });
  try {
    return await negotiate(peer, gateway, options);
  } catch (error) {
    peer.close();
    throw error;
  }
}

/** An open call. Its tracks stay the caller's: closing the call does not stop them. */
export class Call extends Session {
  private offerAgain: ((sdp: string) => Promise<string>) | null = null;

  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly channel: RTCDataChannel,
    private readonly freshServers: () => Promise<readonly RTCIceServer[]>,
  ) {
    super((text) => channel.send(text));
    channel.addEventListener('message', (message: MessageEvent<string>) => this.handleMessage(message.data));
    channel.addEventListener('close', () => this.end('the gateway hung up'));
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'failed') this.end('the connection failed');
    });
  }

  /**
   * Seeks another way to the gateway, for a network that has changed. The call goes on meanwhile, by the old way as long as there is one.
   * @param iceServers Default: those of before, or, where they came from the gateway, new ones from there
   * @throws CallError with the gateway's code, `session_closed` where the call has ended
   */
  async restartIce(iceServers?: readonly RTCIceServer[]): Promise<void> {
    const { offerAgain, peer } = this;
    if (!offerAgain) throw new CallError('session_closed', 'The gateway did not say where the call is.');
    const servers = iceServers ?? (await this.freshServers());
    peer.setConfiguration({ ...peer.getConfiguration(), iceServers: [...servers] });
    await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
    const sdp = await offerAgain(peer.localDescription?.sdp ?? '');
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** @internal The gateway has answered. */
  handleAnswered(offerAgain: ((sdp: string) => Promise<string>) | null): void {
    this.offerAgain = offerAgain;
  }

  close(): void {
    this.end('closed');
  }

  /** The browser's own statistics of the connection. */
  stats(): Promise<RTCStatsReport> {
    return this.peer.getStats();
  }

  private end(reason: string): void {
    this.channel.close();
    this.peer.close();
    this.handleClosed(reason);
  }
}

async function negotiate(
  peer: RTCPeerConnection,
  gateway: GatewayAddress,
  options: ConnectOptions,
): Promise<Call> {
  const audio = peer.addTransceiver(options.audio ?? 'audio', { direction: 'sendonly' });
  if (options.audio === undefined) await audio.sender.replaceTrack(silence());
  if (options.video !== undefined) peer.addTransceiver(options.video, { direction: 'sendonly' });
  const channel = peer.createDataChannel('oai-events', { ordered: true });
  const call = new Call(peer, channel, () => serversFor(gateway, options));
  const opened = whenOpen(options.timeoutMs ?? 15_000, (opening) => {
    channel.addEventListener('open', () => opening.opened(), { once: true });
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'failed') opening.failed();
    });
  });

  await peer.setLocalDescription();
  // Together, so that a refused offer is told at once, and a timeout also covers the request.
  await Promise.all([
    exchange(gateway, peer.localDescription?.sdp ?? '', options.session).then((answered) => {
      const { call: place, sdp } = answered;
      call.handleAnswered(place && ((offer) => offerAgain(place, offer, gateway.apiKey)));
      return peer.setRemoteDescription({ type: 'answer', sdp }).then(() => obeyFramerate(peer, sdp));
    }),
    opened,
  ]);
  return call;
}

/** The gateway looks at no more frames than it says (`a=framerate`, RFC 8866): fewer of them are better pictures at the same rate. */
async function obeyFramerate(peer: RTCPeerConnection, answerSdp: string): Promise<void> {
  const maxFramerate = Number(/^a=framerate:([\d.]+)/m.exec(answerSdp)?.[1]);
  const sender = peer.getSenders().find(({ track }) => track?.kind === 'video');
  if (!sender || !(maxFramerate > 0)) return;
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.maxFramerate = maxFramerate;
  await sender.setParameters(parameters);
}

async function serversFor(gateway: GatewayAddress, options: ConnectOptions): Promise<RTCIceServer[]> {
  const servers: readonly (RTCIceServer | IceServer)[] = options.iceServers ?? (await iceServersOf(gateway));
  return servers.map((server) => ({ ...server }) as RTCIceServer);
}

function silence(): MediaStreamTrack {
  const destination = new AudioContext().createMediaStreamDestination();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new CallError('connect_failed', 'This browser makes no silent track.');
  return track;
}
