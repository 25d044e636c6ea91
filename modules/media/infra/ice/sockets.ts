import type { Address } from '../../core/ice/address.js';
import type { Path } from '../../core/ice/pair.js';

/** One of our sockets, as one call sees it, and the addresses that its client is told. */
export interface LocalSocket {
  readonly number: number;
  readonly addresses: readonly Address[];
  readonly ipv6: boolean;
}

export type OnDatagram = (bytes: Buffer, path: Path) => void;

/** What a call sends and hears by: sockets of its own, or its share in those of all calls. */
export interface CallSockets {
  /** Empty where none could be opened. */
  readonly list: readonly LocalSocket[];
  /** A transaction id (24 hexadecimal digits) for a check; its answer comes back to this call. */
  newId(): string;
  /** Sends, or not: UDP promises nothing, and what cannot be sent is no different from what is lost on its way. */
  send(bytes: Uint8Array, to: Path): void;
  /** The ICE user names (ufrags) whose checks are for this call. */
  rename(ufrags: readonly string[]): void;
  /** The client was seen at the address: `proved` by its answer to a check of ours, or by a check of its own. */
  claim(path: Path, proved: boolean): void;
  /** Resolves when the ports are free, as far as they are the call's own. What was sent before still leaves. Idempotent. */
  close(): Promise<void>;
}

/** Where calls get their sockets. */
export interface SocketSource {
  open(onDatagram: OnDatagram): Promise<CallSockets>;
}
