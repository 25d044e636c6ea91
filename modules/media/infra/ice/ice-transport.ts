import { randomBytes } from 'node:crypto';

import { VisavisError } from '#modules/contracts';

import { canonicalHost, isUnicast, type Address } from '../../core/ice/address.js';
import { IceAgent, type Check, type OwnCheck } from '../../core/ice/agent.js';
import type { Path } from '../../core/ice/pair.js';
import { CallSockets, type LocalSocket } from './sockets.js';
import {
  ATTRIBUTE,
  isAuthentic,
  looksLikeStun,
  parseStun,
  writeStun,
  xorAddress,
  type StunMessage,
} from './stun.js';

/** Candidates of an offer that are looked at. A client has a few; each more would be a datagram to an address of its choice. */
export const MAX_CANDIDATES = 32;

export interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface IceHandlers {
  /** Every datagram passes it: what our own code throws there is a bug, and ends the call. */
  guard(work: () => void): void;
  /** Something that is not STUN, from where the client was seen to be. */
  onData(bytes: Buffer): void;
  /** The client's first authenticated check has come. */
  onChecked(): void;
  onConnected(): void;
  /** The client has not answered for 30 s. */
  onLost(): void;
}

export interface IceSettings {
  readonly hosts: readonly string[];
  /** UDP ports of this call, or null for any. */
  readonly ports: readonly [number, number] | null;
  readonly nowMs: () => number;
}

/** A candidate of an offer, as its line has it. */
export interface OfferedCandidate extends Address {
  readonly component: number;
  readonly transport: string;
  readonly priority: number;
}

/** The way to one client: UDP sockets, and the agent that finds out where the client is. It has no timers: `tick` drives it. */
export class IceTransport {
  readonly local: Credentials = { ufrag: token(4), password: token(16) };
  readonly #settings: IceSettings;
  readonly #handlers: IceHandlers;
  readonly #agent: IceAgent;
  readonly #tieBreaker = randomBytes(8).readBigUInt64BE();
  #remote: Credentials | null = null;
  #sockets: CallSockets | null = null;
  #candidates: OfferedCandidate[] = [];
  #closed = false;

  constructor(settings: IceSettings, handlers: IceHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#agent = new IceAgent({
      tieBreaker: this.#tieBreaker,
      ports: {
        check: (path, check) => this.#ask(path, check),
        accept: (path, id) =>
          this.#answer(path, id, 'success', [ATTRIBUTE.xorMappedAddress, xorAddress(path, id)]),
        refuse: (path, id, code) => this.#answer(path, id, 'error', [ATTRIBUTE.errorCode, errorCode(code)]),
        newId: () => randomBytes(12).toString('hex'),
        random: Math.random,
        onChecked: () => handlers.onChecked(),
        onConnected: () => handlers.onConnected(),
        onLost: () => handlers.onLost(),
      },
    });
  }

  get remote(): Credentials | null {
    return this.#remote;
  }

  get controlling(): boolean {
    return this.#agent.controlling;
  }

  /** We control where the client is lite; otherwise the client, which made the offer. */
  set controlling(controlling: boolean) {
    this.#agent.controlling = controlling;
  }

  setRemote(remote: Credentials): void {
    this.#remote = remote;
    if (this.#sockets) this.#begin();
  }

  /**
   * Notes a candidate of the offer. Names are not looked up, `.local` ones included: nobody is asked about a client, and one that
   * hides its address finds us by its own checks.
   */
  addCandidate(candidate: OfferedCandidate): void {
    if (this.#closed || this.#candidates.length >= MAX_CANDIDATES) return;
    this.#candidates.push(candidate);
    if (this.#sockets && this.#remote) this.#pairUp(candidate);
  }

  /** @throws VisavisError `capacity`: no UDP port is free */
  async open(): Promise<readonly LocalSocket[]> {
    const { hosts, ports } = this.#settings;
    const sockets = await CallSockets.open(hosts, ports, (bytes, from, local) =>
      this.#handlers.guard(() => this.#onDatagram(bytes, { ...from, local })),
    );
    if (this.#closed || sockets.list.length === 0) {
      await sockets.close();
      throw new VisavisError('capacity', 'No UDP port is free for another call.');
    }
    this.#sockets = sockets;
    if (this.#remote) this.#begin();
    return sockets.list;
  }

  /** To the selected address of the client; lost where there is none. */
  send(bytes: Uint8Array): void {
    const path = this.#agent.selected;
    if (path) this.#sockets?.send(bytes, path.local, path);
  }

  tick(nowMs: number): void {
    if (!this.#closed) this.#agent.tick(nowMs);
  }

  /** Resolves when the ports are free. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#candidates = [];
    const sockets = this.#sockets;
    this.#sockets = null;
    await sockets?.close();
  }

  #begin(): void {
    this.#agent.start();
    for (const candidate of this.#candidates) this.#pairUp(candidate);
  }

  #pairUp(candidate: OfferedCandidate): void {
    const { component, transport, port, priority } = candidate;
    const host = canonicalHost(candidate.host);
    if (host === null || component !== 1 || transport.toLowerCase() !== 'udp') return;
    if (!isUnicast({ host, port }) || !(priority > 0 && priority < 2 ** 32)) return;
    for (const socket of this.#sockets?.list ?? []) {
      if (socket.ipv6 !== host.includes(':')) continue;
      this.#agent.addCandidate({ local: socket.number, host, port }, priority, this.#settings.nowMs());
    }
  }

  #onDatagram(bytes: Buffer, path: Path): void {
    if (this.#closed) return;
    const nowMs = this.#settings.nowMs();
    if (!looksLikeStun(bytes)) {
      if (this.#agent.onDatagram(path, nowMs)) this.#handlers.onData(bytes);
      return;
    }
    const message = parseStun(bytes);
    if (!message) return;
    if (message.kind === 'request') this.#onRequest(message, path, nowMs);
    else if (this.#remote && message.kind !== 'indication' && isAuthentic(message, this.#remote.password)) {
      if (message.kind === 'success') this.#agent.onAnswer(path, message.id, nowMs);
      else this.#agent.onRefusal(message.id, codeOf(message), nowMs);
    }
  }

  /** Whoever does not know our password is not answered at all: an error would tell strangers that somebody is here. */
  #onRequest(message: StunMessage, path: Path, nowMs: number): void {
    const { attributes, id } = message;
    const user = attributes.get(ATTRIBUTE.username)?.toString('utf8').split(':', 1)[0];
    if (user !== this.local.ufrag || !isAuthentic(message, this.local.password)) return;
    const controlling = attributes.get(ATTRIBUTE.iceControlling);
    const controlled = attributes.get(ATTRIBUTE.iceControlled);
    const number = controlling ?? controlled;
    const priority = attributes.get(ATTRIBUTE.priority);
    const check: Check = {
      id,
      priority: priority?.length === 4 ? priority.readUInt32BE() : 1,
      useCandidate: attributes.has(ATTRIBUTE.useCandidate),
      role: controlling ? 'controlling' : controlled ? 'controlled' : null,
      tieBreaker: number?.length === 8 ? number.readBigUInt64BE() : 0n,
    };
    this.#agent.onCheck(path, check, nowMs);
  }

  #ask(path: Path, check: OwnCheck): void {
    if (!this.#remote) return;
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(this.#tieBreaker);
    const attributes: [number, Buffer][] = [
      [ATTRIBUTE.username, Buffer.from(`${this.#remote.ufrag}:${this.local.ufrag}`)],
      [check.controlling ? ATTRIBUTE.iceControlling : ATTRIBUTE.iceControlled, number],
      [ATTRIBUTE.priority, uint32(check.priority)],
    ];
    if (check.controlling && check.nominates) attributes.push([ATTRIBUTE.useCandidate, Buffer.alloc(0)]);
    const { password } = this.#remote;
    this.#sockets?.send(writeStun({ kind: 'request', id: check.id, attributes, password }), path.local, path);
  }

  #answer(path: Path, id: string, kind: 'success' | 'error', attribute: [number, Buffer]): void {
    const { password } = this.local;
    this.#sockets?.send(writeStun({ kind, id, attributes: [attribute], password }), path.local, path);
  }
}

/** Random hexadecimal digits, `bytes` × 8 bits of chance: ufrag and password take no other signs than letters, digits, + and /. */
function token(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function errorCode(code: number): Buffer {
  return Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
}

function codeOf(message: StunMessage): number {
  const value = message.attributes.get(ATTRIBUTE.errorCode);
  return value && value.length >= 4 ? (value[2] ?? 0) * 100 + (value[3] ?? 0) : 0;
}
