import { randomBytes } from 'node:crypto';

import { canonicalHost, isUnicast, type Address } from '../../core/ice/address.js';
import { IceAgent } from '../../core/ice/agent.js';
import type { Check, OwnCheck } from '../../core/ice/agent-ports.js';
import type { Path } from '../../core/ice/pair.js';
import { MAX_CANDIDATES } from '../../core/sdp/candidates.js';
import type { LocalSocket } from './sockets.js';
import { ATTRIBUTE, isAuthentic, writeStun, xorAddress, type StunMessage } from './stun.js';

export interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

/** A candidate of an offer, as its line has it. */
export interface OfferedCandidate extends Address {
  readonly component: number;
  readonly transport: string;
  readonly priority: number;
}

export interface SessionPorts {
  /** The sockets, once they are open. */
  sockets(): readonly LocalSocket[];
  send(bytes: Uint8Array, path: Path): void;
  /** A transaction id for a check: 24 hexadecimal digits. */
  newId(): string;
  /** The client was seen at the address: `proved` by its answer to a check of ours, or by a check of its own. */
  onSeen(path: Path, proved: boolean): void;
  nowMs(): number;
  onChecked(): void;
  onConnected(): void;
  onLost(): void;
}

/** One ICE session: a pair of credentials on each side, and the agent between them. A restart begins another (RFC 8445, 9). */
export class IceSession {
  readonly local: Credentials = { ufrag: token(6), password: token(16) };
  readonly agent: IceAgent;
  readonly #ports: SessionPorts;
  readonly #tieBreaker = randomBytes(8).readBigUInt64BE();
  #remote: Credentials | null = null;
  /** What the client went by before it took the credentials of a restart. */
  #former: Credentials | null = null;
  #candidates: OfferedCandidate[] = [];
  #begun = false;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.agent = new IceAgent({
      tieBreaker: this.#tieBreaker,
      ports: {
        check: (path, check) => this.#ask(path, check),
        accept: (path, id) =>
          this.#answer(path, id, 'success', [ATTRIBUTE.xorMappedAddress, xorAddress(path, id)]),
        refuse: (path, id, code) => this.#answer(path, id, 'error', [ATTRIBUTE.errorCode, errorCode(code)]),
        newId: () => ports.newId(),
        random: Math.random,
        onChecked: () => ports.onChecked(),
        onConnected: () => ports.onConnected(),
        onLost: () => ports.onLost(),
      },
    });
  }

  get remote(): Credentials | null {
    return this.#remote;
  }

  setRemote(remote: Credentials): void {
    this.#remote = remote;
    this.begin();
  }

  /** Checks may be sent once there are sockets, and the client's credentials are known. */
  begin(): void {
    if (this.#begun || !this.#remote || this.#ports.sockets().length === 0) return;
    this.#begun = true;
    this.agent.start();
    for (const candidate of this.#candidates) this.#pairUp(candidate);
  }

  /**
   * Notes a candidate of the client's. Names are not looked up, `.local` ones included: nobody is asked about a client, and one that
   * hides its address finds us by its own checks.
   */
  addCandidate(candidate: OfferedCandidate): void {
    if (this.#candidates.length >= MAX_CANDIDATES) return;
    this.#candidates.push(candidate);
    if (this.#begun) this.#pairUp(candidate);
  }

  /** No more checks of ours: another session has taken over, or the call has ended. */
  retire(): void {
    this.agent.retire();
    this.#candidates = [];
  }

  /**
   * A check of the client's that names this session. Whoever does not know our password is not answered at all.
   * @param newest the client's credentials since its last restart. libwebrtc goes by them in the session before, too, and answers to no
   *   others any more: its checks say so (`ours:theirs`), and ours go by them from then on
   */
  onRequest(message: StunMessage, path: Path, newest: Credentials | null): void {
    const { attributes, id } = message;
    if (!isAuthentic(message, this.local.password)) return;
    this.#ports.onSeen(path, false);
    const theirs = attributes
      .get(ATTRIBUTE.username)
      ?.toString('utf8')
      .slice(this.local.ufrag.length + 1);
    if (newest && theirs === newest.ufrag && newest.ufrag !== this.#remote?.ufrag) {
      this.#former = this.#remote;
      this.#remote = newest;
    }
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
    this.agent.onCheck(path, check, this.#ports.nowMs());
  }

  /** An answer to a check of ours: of this session's, if its password fits. */
  onResponse(message: StunMessage, path: Path): void {
    if (![this.#remote, this.#former].some((one) => one && isAuthentic(message, one.password))) return;
    const nowMs = this.#ports.nowMs();
    if (message.kind === 'success') {
      if (this.agent.onAnswer(path, message.id, nowMs)) this.#ports.onSeen(path, true);
    } else this.agent.onRefusal(message.id, codeOf(message), nowMs);
  }

  #pairUp(candidate: OfferedCandidate): void {
    const { component, transport, port, priority } = candidate;
    const host = canonicalHost(candidate.host);
    if (host === null || component !== 1 || transport.toLowerCase() !== 'udp') return;
    if (!isUnicast({ host, port }) || !(priority > 0 && priority < 2 ** 32)) return;
    for (const socket of this.#ports.sockets()) {
      if (socket.ipv6 !== host.includes(':')) continue;
      this.agent.addCandidate({ local: socket.number, host, port }, priority, this.#ports.nowMs());
    }
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
    this.#ports.send(writeStun({ kind: 'request', id: check.id, attributes, password }), path);
  }

  #answer(path: Path, id: string, kind: 'success' | 'error', attribute: [number, Buffer]): void {
    const { password } = this.local;
    this.#ports.send(writeStun({ kind, id, attributes: [attribute], password }), path);
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
