import type { Link, LinkListener, LinkStats, Opening } from '../call/edge.js';
import type { ConnectOptions } from '../call/options.js';
import { readStats } from '../core/quality.js';
import { CallError } from '../errors.js';
import { exchange, iceServersOf, offerAgain, type GatewayAddress } from '../exchange.js';
import { whenOpen } from '../when-open.js';
import type { BrowserMedia } from './media.js';

const LABEL = 'oai-events';
/** How long ICE may take to find another way (ms). */
const RESTART_MS = 10_000;

export interface BrowserDial {
  readonly gateway: GatewayAddress;
  readonly media: BrowserMedia;
  readonly options: Pick<ConnectOptions, 'iceServers' | 'iceTransportPolicy' | 'timeoutMs'>;
}

/** One peer connection of the browser's. */
export class BrowserLink implements Link {
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #dial: BrowserDial;
  #call: URL | null = null;
  #closed = false;

  /** @throws CallError with the gateway's code, `connect_failed`, `connect_timeout`, or the signal's reason */
  static async open(
    dial: BrowserDial,
    opening: Opening,
    told: LinkListener,
    signal: AbortSignal,
  ): Promise<BrowserLink> {
    const iceServers = await serversFor(dial);
    signal.throwIfAborted();
    const link = new BrowserLink(
      new RTCPeerConnection({ iceServers, iceTransportPolicy: dial.options.iceTransportPolicy ?? 'all' }),
      dial,
      told,
    );
    try {
      await link.#negotiate(opening, signal);
      return link;
    } catch (error) {
      link.close();
      signal.throwIfAborted();
      throw error;
    }
  }

  private constructor(peer: RTCPeerConnection, dial: BrowserDial, told: LinkListener) {
    this.#peer = peer;
    this.#dial = dial;
    const renegotiate = (): Promise<void> => this.#renegotiate(false);
    dial.media.attach(peer, renegotiate);
    dial.media.screen.attach(peer, renegotiate);
    const channel = peer.createDataChannel(LABEL, { ordered: true });
    this.#channel = channel;
    channel.addEventListener('message', ({ data }: MessageEvent<string>) => told.message(data));
    channel.addEventListener('close', () => {
      if (!this.#closed) told.state('hung_up', 'the gateway hung up');
    });
    peer.addEventListener('iceconnectionstatechange', () => {
      const { iceConnectionState: state } = peer;
      if (state === 'disconnected' || state === 'failed') told.state('interrupted', 'the network is gone');
      if (state === 'connected' || state === 'completed') told.state('up', '');
    });
    peer.addEventListener('connectionstatechange', () => {
      // With ICE well, it is the encryption that has failed, which no restart mends.
      const ice = peer.iceConnectionState;
      if (peer.connectionState === 'failed' && ice !== 'failed' && ice !== 'disconnected')
        told.state('closed', 'the connection failed');
    });
  }

  get maxMessageBytes(): number {
    return Math.min(this.#peer.sctp?.maxMessageSize ?? 65_536, 256 * 1024);
  }

  send(text: string): void {
    this.#channel.send(text);
  }

  async restart(signal: AbortSignal): Promise<void> {
    const iceServers = await serversFor(this.#dial);
    const peer = this.#peer;
    peer.setConfiguration({ ...peer.getConfiguration(), iceServers });
    await this.#renegotiate(true, signal);
    await this.#connected(signal);
  }

  async stats(): Promise<LinkStats> {
    return readStats(await this.#peer.getStats());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dial.media.detach(this.#peer);
    this.#dial.media.screen.detach(this.#peer);
    this.#channel.close();
    this.#peer.close();
  }

  async #negotiate(opening: Opening, signal: AbortSignal): Promise<void> {
    const [peer, channel] = [this.#peer, this.#channel];
    const opened = whenOpen(this.#dial.options.timeoutMs ?? 15_000, (told) => {
      channel.addEventListener('open', () => told.opened(), { once: true });
      peer.addEventListener('connectionstatechange', () => {
        if (peer.connectionState === 'failed') told.failed();
      });
      signal.addEventListener('abort', () => told.failed(), { once: true });
    });
    await peer.setLocalDescription();
    const offer = this.#dial.media.screen.marked(peer, peer.localDescription?.sdp ?? '');
    // Together, so that a refused offer is told at once, and a timeout also covers the request.
    await Promise.all([
      exchange(this.#dial.gateway, offer, opening, signal).then(({ call, sdp }) => {
        this.#call = call;
        return peer.setRemoteDescription({ type: 'answer', sdp }).then(() => obeyFramerate(peer, sdp));
      }),
      opened,
    ]);
  }

  async #renegotiate(iceRestart: boolean, signal?: AbortSignal): Promise<void> {
    const [peer, call] = [this.#peer, this.#call];
    if (!call) throw new CallError('session_closed', 'The gateway did not say where the call is.');
    await peer.setLocalDescription(await peer.createOffer({ iceRestart }));
    try {
      const offer = this.#dial.media.screen.marked(peer, peer.localDescription?.sdp ?? '');
      const sdp = await offerAgain(call, offer, this.#dial.gateway.apiKey, signal);
      await peer.setRemoteDescription({ type: 'answer', sdp });
      await obeyFramerate(peer, sdp);
    } catch (error) {
      // Back to what both sides know, from which another offer can be made.
      if (peer.signalingState === 'have-local-offer') await peer.setLocalDescription({ type: 'rollback' });
      throw error;
    }
  }

  #connected(signal: AbortSignal): Promise<void> {
    const peer = this.#peer;
    const isUp = (): boolean => ['connected', 'completed'].includes(peer.iceConnectionState);
    if (isUp()) return Promise.resolve();
    return whenOpen(RESTART_MS, (opening) => {
      peer.addEventListener('iceconnectionstatechange', () => {
        if (isUp()) opening.opened();
        if (peer.iceConnectionState === 'failed') opening.failed();
      });
      signal.addEventListener('abort', () => opening.failed(), { once: true });
    });
  }
}

async function serversFor({ gateway, options }: BrowserDial): Promise<RTCIceServer[]> {
  const servers = options.iceServers ?? (await iceServersOf(gateway));
  return servers.map((server) => ({ ...server, urls: [server.urls].flat() }) as RTCIceServer);
}

/** The gateway looks at no more frames than it says (`a=framerate`, RFC 8866): fewer of them are better pictures at the same rate. */
async function obeyFramerate(peer: RTCPeerConnection, answerSdp: string): Promise<void> {
  const maxFramerate = Number(/^a=framerate:([\d.]+)/m.exec(answerSdp)?.[1]);
  if (!(maxFramerate > 0)) return;
  for (const sender of peer.getSenders().filter(({ track }) => track?.kind === 'video')) {
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.maxFramerate = maxFramerate;
    await sender.setParameters(parameters);
  }
}
