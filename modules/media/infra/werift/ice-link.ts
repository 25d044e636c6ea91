import {
  Candidate,
  Event,
  type RTCCertificate,
  type RTCDtlsTransport,
  type RTCIceTransport,
  type RTCPeerConnection,
} from 'werift';

import { candidatePriority } from '../../core/ice/pair.js';
import { isRtp, isSoundSrtcp } from '../../core/srtp-packet.js';
import {
  IceTransport,
  type Credentials,
  type IceSettings,
  type OfferedCandidate,
} from '../ice/ice-transport.js';
import type { LocalSocket } from '../ice/sockets.js';
import { startDtls } from './dtls-start.js';

/** What happens on the way to a connection. */
export interface LinkHandlers {
  /** Every datagram passes it. */
  guard(work: () => void): void;
  /** The client was heard from: somebody who has our answer is there. */
  onChecked(): void;
  /** A datagram that cannot be read: werift throws for some. */
  onUnreadable(error: unknown): void;
}

/** What werift has, and declares as private. */
interface ManagerInternals {
  certificate: RTCCertificate | undefined;
  createTransport(options?: object): RTCDtlsTransport;
}
interface IceInternals {
  connection: unknown;
  iceGather: { connection: unknown };
  setState(state: string): void;
}

/**
 * Has a peer connection use our ICE transport and our start of DTLS. Call it before the offer is applied.
 *
 * What werift 0.25.2 does instead (lib/ice/src/ice.ts): it gives up where its check list is empty (`connect`), follows the first
 * nomination only (`checkComplete`), takes what is not STUN from anybody (`onData`), asks stun.l.google.com where no server is set
 * (`DEFAULT_STUN_SERVER`), and opens a socket for each name in an offer, whose errors end the process (`MdnsLookup`).
 */
export function useOwnIce(
  connection: RTCPeerConnection,
  settings: IceSettings & { readonly certificate: RTCCertificate },
  handlers: LinkHandlers,
): IceLink {
  const link = new IceLink(settings, handlers);
  const manager = (connection as unknown as { secureManager: ManagerInternals }).secureManager;
  manager.certificate = settings.certificate;
  const create = manager.createTransport.bind(manager);
  let plugged = false;
  manager.createTransport = (options) => {
    const transport = create(options);
    // A second transport would mean sections outside of BUNDLE: it is refused by `negotiate`, and never gathers.
    if (plugged) return transport;
    plugged = true;
    link.plugInto(transport.iceTransport);
    Object.assign(transport, { start: () => startDtls(transport, link) });
    return transport;
  };
  return link;
}

/** Our ICE transport with the face of werift's `Connection`, as far as its peer connection looks at it. */
export class IceLink {
  readonly stateChanged = new Event<[string]>();
  readonly onIceCandidate = new Event<[Candidate]>();
  /** RTCP: werift's SRTP listens here. */
  readonly onData = new Event<[Buffer]>();
  readonly iceLite = false;
  readonly generation = 0;
  readonly candidatePairs: never[] = [];
  readonly remoteCandidates: never[] = [];
  readonly nominated = undefined;
  remoteCandidatesEnd = false;
  remoteIsLite = false;
  localCandidates: Candidate[] = [];
  state = 'new';
  readonly nowMs: () => number;
  readonly #ice: IceTransport;
  #connected: { resolve: () => void; reject: (why: Error) => void } | null = null;
  #dtls: ((bytes: Buffer) => void) | null = null;
  #rtp: ((bytes: Buffer) => void) | null = null;
  /** DTLS that came before our side was ready for it: a client begins as soon as its own check has succeeded. */
  #early: Buffer[] = [];
  #onClose: (() => void)[] = [];

  constructor(settings: IceSettings, handlers: LinkHandlers) {
    this.nowMs = settings.nowMs;
    this.#ice = new IceTransport(settings, {
      guard: (work) => handlers.guard(work),
      onData: (bytes) => {
        // Our own code reads it: what that throws is a bug.
        if (isRtp(bytes)) {
          this.#rtp?.(bytes);
          return release(bytes);
        }
        try {
          this.#onDatagram(bytes);
        } catch (error) {
          handlers.onUnreadable(error);
        }
      },
      onChecked: () => handlers.onChecked(),
      onConnected: () => {
        this.#setState('connected');
        this.#connected?.resolve();
        this.#connected = null;
      },
      onLost: () => this.#setState('failed'),
    });
  }

  get localUsername(): string {
    return this.#ice.local.ufrag;
  }

  get localPassword(): string {
    return this.#ice.local.password;
  }

  get remoteUsername(): string {
    return this.#ice.remote?.ufrag ?? '';
  }

  get remotePassword(): string {
    return this.#ice.remote?.password ?? '';
  }

  get iceControlling(): boolean {
    return this.#ice.controlling;
  }

  set iceControlling(controlling: boolean) {
    this.#ice.controlling = controlling;
  }

  plugInto(transport: RTCIceTransport): void {
    const internals = transport as unknown as IceInternals;
    internals.connection = this;
    internals.iceGather.connection = this;
    this.stateChanged.subscribe((state) => internals.setState(state));
  }

  setRemoteParams(params: { iceLite?: boolean; usernameFragment: string; password: string }): void {
    this.remoteIsLite = params.iceLite ?? false;
    this.#ice.setRemote({ ufrag: params.usernameFragment, password: params.password });
  }

  /** That a client has listed all its candidates changes nothing: its own checks can come from others. */
  addRemoteCandidate(candidate: Candidate | undefined): Promise<void> {
    if (candidate) this.#ice.addCandidate(candidate);
    return Promise.resolve();
  }

  /** A candidate that came after the offer. @returns false: it is of another ICE session than the newest */
  trickle(candidate: OfferedCandidate, ufrag: string | null): boolean {
    return this.#ice.addCandidate(candidate, ufrag);
  }

  /** ICE anew, see {@link IceTransport.restart}; werift need not know. @returns our new credentials */
  beginAnew(remote: Credentials): Credentials {
    return this.#ice.restart(remote);
  }

  /** @throws VisavisError `capacity` */
  async gatherCandidates(): Promise<void> {
    const sockets = await this.#ice.open();
    this.localCandidates = sockets.flatMap((socket) => candidatesOf(socket));
  }

  /** Resolves when the client has chosen a way to us. How long that may take is not decided here. */
  connect(): Promise<void> {
    this.#setState('checking');
    return new Promise((resolve, reject) => {
      this.#connected = { resolve, reject };
    });
  }

  send(bytes: Buffer): Promise<void> {
    this.#ice.send(bytes);
    return Promise.resolve();
  }

  /** Where RTP goes from now on, encrypted as it came. */
  routeRtp(to: (bytes: Buffer) => void): void {
    this.#rtp = to;
  }

  /** Where DTLS goes from now on; what came early is handed over. */
  routeDtls(to: (bytes: Buffer) => void, onClose: () => void): void {
    this.#dtls = to;
    this.#onClose.push(onClose);
    for (const bytes of this.#early.splice(0)) to(bytes);
  }

  tick(nowMs: number): void {
    this.#ice.tick(nowMs);
  }

  /** Resolves when the ports are free. Idempotent. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    for (const close of this.#onClose.splice(0)) close();
    const closed = this.#ice.close();
    this.#dtls = null;
    this.#rtp = null;
    this.#early = [];
    this.#connected?.reject(new Error('closed'));
    this.#connected = null;
    this.#setState('closed');
    for (const event of [this.stateChanged, this.onIceCandidate, this.onData]) event.complete();
    await closed;
  }

  /** werift has one offer of a call, which starts ICE once: later ones are answered without it. */
  restart(): void {
    throw new Error('ICE is restarted by beginAnew');
  }

  resetNominatedPair(): void {
    this.restart();
  }

  /** There is none to set: our candidates are the addresses of the settings. */
  setIceServers(): void {}

  #setState(state: string): void {
    if (this.state === state || this.state === 'closed') return;
    this.state = state;
    this.stateChanged.execute(state);
  }

  /** DTLS, or RTCP (RFC 7983); what is neither is nobody's. */
  #onDatagram(bytes: Buffer): void {
    const first = bytes[0] ?? 0;
    if (first >= 128 && first < 192) {
      // werift reads it before it checks who wrote it.
      if (!isSoundSrtcp(bytes)) throw new Error('no SRTCP packet');
      this.onData.execute(bytes);
    }
    if (first < 20 || first >= 64) return;
    if (this.#dtls) this.#dtls(bytes);
    else if (this.#early.length < 8) this.#early.push(bytes);
  }
}

/** The addresses of one socket are told in their order, each as good as the socket. */
function candidatesOf({ number, addresses, ipv6 }: LocalSocket): Candidate[] {
  return addresses.map(({ host, port }, i) => {
    const foundation = `${ipv6 ? 6 : 4}${number}${i}`;
    return new Candidate(foundation, 1, 'udp', candidatePriority('host', number + i), host, port, 'host');
  });
}

/**
 * Gives a datagram's memory back at once: what was wanted of it has been decrypted into memory of its own. V8 sees a few bytes of a buffer
 * only, and lets thousands of them lie between others' blocks, where malloc cannot give their pages back.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer.byteLength === byteLength) (buffer as ArrayBuffer).transfer(0);
}
