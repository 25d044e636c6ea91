import type { SessionPatch } from '@vis-a-vis/protocol';
import { exchange } from '../exchange.js';
import { CallError, Session } from '../session.js';
import { whenOpen } from '../when-open.js';

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
  const peer = new RTCPeerConnection();
  try {
    return await negotiate(peer, options);
  } catch (error) {
    peer.close();
    throw error;
  }
}

/** An open call. Its tracks stay the caller's: closing the call does not stop them. */
export class Call extends Session {
  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly channel: RTCDataChannel,
  ) {
    super((text) => channel.send(text));
    channel.addEventListener('message', (message: MessageEvent<string>) => this.handleMessage(message.data));
    channel.addEventListener('close', () => this.end('the gateway hung up'));
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'failed') this.end('the connection failed');
    });
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

async function negotiate(peer: RTCPeerConnection, options: ConnectOptions): Promise<Call> {
  const audio = peer.addTransceiver(options.audio ?? 'audio', { direction: 'sendonly' });
  if (options.audio === undefined) await audio.sender.replaceTrack(silence());
  if (options.video !== undefined) peer.addTransceiver(options.video, { direction: 'sendonly' });
  const channel = peer.createDataChannel('oai-events', { ordered: true });
  const call = new Call(peer, channel);
  const opened = whenOpen(options.timeoutMs ?? 15_000, (opening) => {
    channel.addEventListener('open', () => opening.opened(), { once: true });
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'failed') opening.failed();
    });
  });

  const gateway = { url: options.url ?? new URL('.', location.href), apiKey: options.apiKey };
  await peer.setLocalDescription();
  // Together, so that a refused offer is told at once, and a timeout also covers the request.
  await Promise.all([
    exchange(gateway, peer.localDescription?.sdp ?? '', options.session).then((sdp) =>
      peer.setRemoteDescription({ type: 'answer', sdp }),
    ),
    opened,
  ]);
  return call;
}

function silence(): MediaStreamTrack {
  const destination = new AudioContext().createMediaStreamDestination();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new CallError('connect_failed', 'This browser makes no silent track.');
  return track;
}
