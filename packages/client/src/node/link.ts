import { setTimeout as sleep } from 'node:timers/promises';
import type { IceServer } from '@vis-a-vis/protocol';
import type { RTCPeerConnection } from 'werift';
import type { Link, LinkListener, LinkStats, Opening } from '../call/edge.js';
import type { ConnectOptions, IceServerOption } from '../call/options.js';
import { readStats } from '../core/quality.js';
import { iceServersOf, type GatewayAddress } from '../exchange.js';
import { CallError } from '../errors.js';
import { watchConsent } from './consent-watch.js';
import type { NodeMedia } from './media.js';
import { connectNode, type NodeCall, type NodeConnectOptions } from './node-call.js';

/** How long ICE may take to find another way (ms). */
const RESTART_MS = 10_000;
const LOOK_MS = 20;
const CLOSED: ReadonlySet<string> = new Set(['closed', 'failed']);
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface NodeDial {
  readonly gateway: GatewayAddress;
  readonly media: NodeMedia;
  readonly options: Pick<ConnectOptions, 'iceServers' | 'timeoutMs'>;
}

/** One peer connection of werift's. */
export class NodeLink implements Link {
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly #line: NodeCall;
  readonly #peer: RTCPeerConnection;
  readonly #media: NodeMedia;
  readonly #told: LinkListener;

  /** @throws CallError with the gateway's code, `connect_failed`, `connect_timeout`, or the signal's reason */
  static async open(
    { gateway, media, options }: NodeDial,
    { session, resume }: Opening,
    told: LinkListener,
    signal: AbortSignal,
  ): Promise<NodeLink> {
    const servers = options.iceServers ?? (await iceServersOf(gateway));
    signal.throwIfAborted();
    let peer!: RTCPeerConnection;
    const abort = (): void => void peer?.close().catch(() => undefined);
    signal.addEventListener('abort', abort);
    try {
      const line = await connectNode({
        url: String(gateway.url),
        apiKey: gateway.apiKey,
        session,
        ...(resume && { resume }),
        iceServers: servers.flatMap(forWerift),
        ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
        ...media.line(),
        onPeer: (made) => {
          peer = made;
          peer.iceConnectionStateChange.subscribe((state) => {
            if (state === 'disconnected') told.state('interrupted', 'the network is gone');
            if (state === 'connected') told.state('up', '');
          });
        },
        signal,
      });
      line.on('event', (event) => told.message(JSON.stringify(event)));
      const stop = watchConsent(peer, () => told.state('interrupted', 'the network is gone'));
      line.on('closed', ({ reason }) => {
        stop();
        media.detach(line);
        if (reason !== 'closed')
          told.state(reason === 'the connection failed' ? 'closed' : 'hung_up', reason);
      });
      media.attach(line);
      return new NodeLink(line, peer, { media, told });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(
    line: NodeCall,
    peer: RTCPeerConnection,
    { media, told }: { readonly media: NodeMedia; readonly told: LinkListener },
  ) {
    this.#line = line;
    this.#peer = peer;
    this.#media = media;
    this.#told = told;
  }

  send(text: string): void {
    this.#line.sendText(text);
  }

  async restart(signal: AbortSignal): Promise<void> {
    try {
      await this.#restart(signal);
    } catch (error) {
      // werift has let go of the way that there was.
      this.#told.state('interrupted', 'ICE has begun anew, and found no way');
      throw error;
    }
  }

  /** By events werift tells nothing of it: ICE is `completed` from when it has gathered its own addresses, whether or not anybody answers. */
  async #restart(signal: AbortSignal): Promise<void> {
    await this.#line.restartIce();
    const endMs = performance.now() + RESTART_MS;
    while (!this.#peer.iceTransports[0]?.connection.nominated) {
      signal.throwIfAborted();
      if (CLOSED.has(this.#peer.connectionState))
        throw new CallError('connect_failed', 'The connection failed.');
      if (performance.now() > endMs)
        throw new CallError('connect_timeout', `No connection within ${RESTART_MS} ms.`);
      await sleep(LOOK_MS);
    }
  }

  async stats(): Promise<LinkStats> {
    return readStats((await this.#peer.getStats()) as unknown as LinkStats['report']);
  }

  close(): void {
    this.#media.detach(this.#line);
    // What a closing socket has to say is of no use any more.
    this.#line.close().catch(() => undefined);
  }
}

/** werift takes one address a server. */
function forWerift({ urls, username, credential }: IceServer | IceServerOption): WeriftServer[] {
  const secrets = {
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  };
  return [urls].flat().map((one) => ({ urls: one, ...secrets }));
}

type WeriftServer = NonNullable<NodeConnectOptions['iceServers']>[number];
