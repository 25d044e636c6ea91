import { AsyncResource } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

import { VisavisError } from '#modules/contracts';

import { Demux } from '../../core/ice/demux.js';
import type { Path } from '../../core/ice/pair.js';
import type { CallSockets, LocalSocket, OnDatagram, SocketSource } from './sockets.js';
import { looksLikeStun, requestedName, transactionOf } from './stun.js';
import { bindUdp, closeUdp, listeningFor, senderOf, sendUdp, type Bound, type Unbound } from './udp.js';

/** Why a datagram was nobody's. */
export type Stray =
  /** Neither STUN, DTLS, RTP nor RTCP. */
  | 'not_webrtc'
  /** A check that names no call that is open, or names none. */
  | 'unknown_name'
  /** An answer to a check of no call that is open. */
  | 'unknown_transaction'
  /** DTLS or media from an address of no call that is open. */
  | 'unknown_address';

/** Bytes of a transaction id that name its call; the other eight are chance. */
const TAG_BYTES = 4;
/**
 * What the system may hold for us, bytes. Linux gives no more than net.core.rmem_max, and its default of 208 KiB is a hundred packets: less
 * than fifty calls send while the main thread is busy for 20 ms.
 */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

interface Member {
  readonly deliver: OnDatagram;
}

export interface SharedPortOptions {
  readonly port: number;
  /** The addresses to offer, as they are when a call begins. */
  readonly hosts: () => readonly string[];
  /** The routing itself threw: a bug, and the datagram is lost. */
  readonly onBug: (error: unknown) => void;
}

/**
 * One UDP port for all calls, on each address that is offered: one rule of a firewall, one port of a container. What comes is routed
 * before anything of a call is touched; what is nobody's is counted and dropped.
 */
export class SharedPort implements SocketSource {
  readonly #options: SharedPortOptions;
  readonly #demux = new Demux<Member>();
  readonly #bound: Bound[] = [];
  readonly #strays = new Map<Stray, number>();
  #binding: Promise<readonly Unbound[]> = Promise.resolve([]);
  #closed = false;
  /** Begun here: a socket that is opened for a call's sake must not keep that call's context for ever. */
  readonly #bindNow = AsyncResource.bind(() => this.#bindMissing());

  constructor(options: SharedPortOptions) {
    this.#options = options;
  }

  /**
   * Opens the port. Call it outside of any call: what comes by its sockets is begun for nobody.
   * @returns what could not be had
   * @throws VisavisError `bad_config`: somebody else has the port, or it can be had on none of the addresses
   */
  async start(): Promise<readonly Unbound[]> {
    const missing = await this.#bind();
    const held = missing.find(({ why }) => why === 'EADDRINUSE');
    const lost = held ?? (this.#bound.length === 0 ? missing[0] : undefined);
    if (!lost) return missing;
    await this.close();
    const where = `UDP port ${this.#options.port} of ${lost.listening.bind}`;
    throw new VisavisError('bad_config', `VISAVIS_ICE_UDP_PORT: ${where} cannot be had (${lost.why})`);
  }

  /** Datagrams that were nobody's, since the start. */
  get strays(): ReadonlyMap<Stray, number> {
    return this.#strays;
  }

  async open(onDatagram: OnDatagram): Promise<CallSockets> {
    // An address may have come up since the call before.
    await this.#bind();
    // What comes is the call's own doing, not the port's.
    const member = { deliver: AsyncResource.bind(onDatagram) };
    let tag: string;
    do tag = randomBytes(TAG_BYTES).toString('hex');
    while (!this.#demux.join(member, tag));
    const bound = this.#closed ? [] : this.#offered();
    return {
      list: bound,
      newId: () => tag + randomBytes(12 - TAG_BYTES).toString('hex'),
      send: (bytes, to) => {
        const socket = this.#bound[to.local]?.socket;
        if (socket && !this.#closed) sendUdp(socket, bytes, to);
      },
      rename: (ufrags) => this.#demux.rename(member, ufrags),
      claim: (path, proved) => this.#demux.claim(member, path, proved),
      close: () => {
        this.#demux.leave(member);
        return Promise.resolve();
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#binding;
    await closeUdp(this.#bound.map(({ socket }) => socket));
  }

  /** One after the other, so that two calls do not bind the same address. */
  #bind(): Promise<readonly Unbound[]> {
    this.#binding = this.#binding.then(() => this.#bindNow());
    return this.#binding;
  }

  async #bindMissing(): Promise<readonly Unbound[]> {
    const there = new Set(this.#bound.flatMap(({ listening }) => listening.told));
    const hosts = this.#options.hosts().filter((host) => !there.has(host));
    if (this.#closed || hosts.length === 0) return [];
    const tried = await Promise.all(listeningFor(hosts).map((one) => bindUdp(one, this.#options.port)));
    for (const one of tried) if ('socket' in one) this.#listen(one);
    return tried.flatMap((one) => ('why' in one ? one : []));
  }

  #listen(bound: Bound): void {
    const { socket, listening } = bound;
    const local = this.#bound.push(bound) - 1;
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // Some systems refuse what is too much, instead of giving what they have: their default stays.
    }
    socket.on('message', (bytes, from) => {
      const host = senderOf(from, listening.ipv6);
      if (host !== null) this.#onDatagram(bytes, { local, host, port: from.port });
    });
  }

  /** The sockets of the addresses that are offered now: one whose address has gone stays open, and nobody is told of it. */
  #offered(): readonly LocalSocket[] {
    const offered = new Set(this.#options.hosts());
    return this.#bound.flatMap(({ addresses, listening: { ipv6 } }, number) => {
      const told = addresses.filter(({ host }) => offered.has(host));
      return told.length > 0 ? [{ number, ipv6, addresses: told }] : [];
    });
  }

  #onDatagram(bytes: Buffer, path: Path): void {
    try {
      const found = this.#route(bytes, path);
      if (typeof found === 'string') this.#strays.set(found, (this.#strays.get(found) ?? 0) + 1);
      else found?.deliver(bytes, path);
    } catch (error) {
      this.#options.onBug(error);
    }
  }

  /** @returns whose it is, why it is nobody's, or null for what is no matter */
  #route(bytes: Buffer, path: Path): Member | Stray | null {
    if (looksLikeStun(bytes)) {
      const user = requestedName(bytes);
      if (user !== null) return this.#demux.byName(user) ?? 'unknown_name';
      const id = transactionOf(bytes);
      // An indication keeps a NAT's entry alive, and wants nothing.
      return id === null ? null : (this.#demux.byTag(id.slice(0, 2 * TAG_BYTES)) ?? 'unknown_transaction');
    }
    const first = bytes[0] ?? 0;
    const isMedia = (first >= 20 && first < 64) || (first >= 128 && first < 192);
    return isMedia ? (this.#demux.byPath(path) ?? 'unknown_address') : 'not_webrtc';
  }
}
