import { VisavisError } from '#modules/contracts';

import type { Path } from '../../core/ice/pair.js';
import { Succession } from '../../core/ice/succession.js';
import { IceSession, type Credentials, type OfferedCandidate } from './ice-session.js';
import type { CallSockets, LocalSocket, SocketSource } from './sockets.js';
import { ATTRIBUTE, looksLikeStun, parseStun } from './stun.js';

export type { Credentials, OfferedCandidate } from './ice-session.js';

export interface IceHandlers {
  /** Every datagram passes it: what our own code throws there is a bug, and ends the call. */
  guard(work: () => void): void;
  /** Something that is not STUN, from where the client was seen to be. */
  onData(bytes: Buffer): void;
  /** The client's first authenticated check has come. Once. */
  onChecked(): void;
  /** The first path was selected. Once, also where ICE is restarted. */
  onConnected(): void;
  /** The client has not answered for 30 s, nor come back by a restart. */
  onLost(): void;
}

export interface IceSettings {
  readonly sockets: SocketSource;
  readonly nowMs: () => number;
}

/**
 * The way to one client: UDP sockets, and the ICE sessions that find out where the client is, one after another where the client restarts
 * ICE. It has no timers: `tick` drives it.
 */
export class IceTransport {
  readonly #settings: IceSettings;
  readonly #handlers: IceHandlers;
  readonly #sessions: Succession<IceSession>;
  #sockets: CallSockets | null = null;
  #told = { checked: false, connected: false, lost: false };
  #closed = false;

  constructor(settings: IceSettings, handlers: IceHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#sessions = new Succession(this.#newSession());
  }

  /** Ours, as the client was told last. */
  get local(): Credentials {
    return this.#sessions.newest.local;
  }

  get remote(): Credentials | null {
    return this.#sessions.newest.remote;
  }

  get controlling(): boolean {
    return this.#sessions.newest.agent.controlling;
  }

  /** We control where the client is lite; otherwise the client, which made the offer. */
  set controlling(controlling: boolean) {
    this.#sessions.newest.agent.controlling = controlling;
  }

  setRemote(remote: Credentials): void {
    this.#sessions.newest.setRemote(remote);
  }

  /**
   * A candidate of the client's, for the session that it was told of last.
   * @returns false: of another session (`ufrag` says of which), so it leads nowhere (RFC 8838, 10)
   */
  addCandidate(candidate: OfferedCandidate, ufrag: string | null = null): boolean {
    if (this.#closed || (ufrag !== null && ufrag !== this.remote?.ufrag)) return false;
    this.#sessions.newest.addCandidate(candidate);
    return true;
  }

  /**
   * The client restarts ICE: from now on it is also found by new credentials, and what is in use stays so until it was. One that says
   * what was said already (its request may have been repeated) changes nothing.
   * @returns our new credentials; the sockets stay the same
   */
  restart(remote: Credentials): Credentials {
    const before = this.#sessions.newest;
    if (before.remote?.ufrag === remote.ufrag && before.remote.password === remote.password)
      return before.local;
    const session = this.#newSession();
    session.agent.controlling = before.agent.controlling;
    this.#sessions.begin(session, this.#settings.nowMs());
    this.#rename();
    session.setRemote(remote);
    return session.local;
  }

  /** @throws VisavisError `capacity`: no UDP port is free */
  async open(): Promise<readonly LocalSocket[]> {
    const sockets = await this.#settings.sockets.open((bytes, path) =>
      this.#handlers.guard(() => this.#onDatagram(bytes, path)),
    );
    if (this.#closed || sockets.list.length === 0) {
      await sockets.close();
      throw new VisavisError('capacity', 'No UDP port is free for another call.');
    }
    this.#sockets = sockets;
    this.#rename();
    this.#sessions.newest.begin();
    return sockets.list;
  }

  /** To the selected address of the client; lost where there is none. */
  send(bytes: Uint8Array): void {
    const path = this.#sessions.current.agent.selected;
    if (path) this.#sockets?.send(bytes, path);
  }

  tick(nowMs: number): void {
    if (this.#closed) return;
    for (const { agent } of this.#sessions.all) agent.tick(nowMs);
    if (!this.#sessions.tick(nowMs) || this.#told.lost) return;
    this.#told.lost = true;
    this.#handlers.onLost();
  }

  /** Resolves when the ports are free. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions.all) session.retire();
    const sockets = this.#sockets;
    this.#sockets = null;
    await sockets?.close();
  }

  #newSession(): IceSession {
    const session: IceSession = new IceSession({
      sockets: () => this.#sockets?.list ?? [],
      send: (bytes, path) => this.#sockets?.send(bytes, path),
      // No check is sent before there are sockets.
      newId: () => this.#sockets?.newId() ?? '',
      onSeen: (path, proved) => this.#sockets?.claim(path, proved),
      nowMs: () => this.#settings.nowMs(),
      onChecked: () => this.#tell('checked', () => this.#handlers.onChecked()),
      onConnected: () => {
        this.#sessions.connected(session, this.#settings.nowMs());
        this.#rename();
        this.#tell('connected', () => this.#handlers.onConnected());
      },
      onLost: () => this.#sessions.lost(session),
    });
    return session;
  }

  /** Whose checks are ours: those of every session that is still answered. */
  #rename(): void {
    this.#sockets?.rename(this.#sessions.all.map(({ local }) => local.ufrag));
  }

  #tell(what: 'checked' | 'connected', handler: () => void): void {
    if (this.#told[what]) return;
    this.#told[what] = true;
    handler();
  }

  #onDatagram(bytes: Buffer, path: Path): void {
    if (this.#closed) return;
    if (!looksLikeStun(bytes)) return this.#onOther(bytes, path);
    const message = parseStun(bytes);
    if (!message || message.kind === 'indication') return;
    // The list as it is now: a session may succeed another meanwhile.
    const { all } = this.#sessions;
    if (message.kind === 'request') {
      const user = message.attributes.get(ATTRIBUTE.username)?.toString('utf8').split(':', 1)[0];
      all.find((session) => session.local.ufrag === user)?.onRequest(message, path, this.remote);
    } else for (const session of all) session.onResponse(message, path);
  }

  /** Every session notes whom it heard; one that knows the sender is enough. */
  #onOther(bytes: Buffer, path: Path): void {
    const nowMs = this.#settings.nowMs();
    let counts = false;
    for (const { agent } of this.#sessions.all) if (agent.onDatagram(path, nowMs)) counts = true;
    if (counts) this.#handlers.onData(bytes);
  }
}
