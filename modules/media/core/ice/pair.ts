import type { Address } from './address.js';

/** A way to the client: one of our sockets, and an address of the client's. */
export interface Path extends Address {
  /** Number of our socket. */
  readonly local: number;
}

/** A connectivity check of ours under way. */
export interface Transaction {
  readonly id: string;
  readonly pair: Pair;
  /** The check carries USE-CANDIDATE. */
  readonly nominates: boolean;
  /** The role in which it was sent. */
  readonly controlling: boolean;
  /** Times it was sent. */
  tries: number;
  /** When it is sent again (ms). */
  againAtMs: number;
  /** It is not sent again: a check of consent, or of an address that nobody vouched for. */
  readonly once: boolean;
}

/** A candidate pair (RFC 8445, 6.1.2). */
export interface Pair {
  readonly path: Path;
  /** Pair priority, comparable. */
  readonly rank: number;
  state: 'waiting' | 'checking' | 'valid' | 'failed';
  /** The check under way. */
  check: Transaction | null;
  /** Last authenticated check of the client's (ms). */
  checkedAtMs: number | null;
  /** Last answer to a check of ours (ms): it proves that the client is at this address. */
  validAtMs: number | null;
  /** Last datagram that counts (ms). */
  heardAtMs: number;
  /** Last nomination by the controlling side (ms), and the transaction that carried it. */
  nominatedAtMs: number | null;
  nominatedBy: string | null;
}

export const keyOf = ({ local, host, port }: Path): string => `${local}|${host}|${port}`;

/** RFC 8445, 6.1.2.3, as a number whose order is that of the priorities. */
export function rankOf(controlling: number, controlled: number): number {
  return Math.min(controlling, controlled) * 2 ** 21 + Math.max(controlling, controlled) / 2 ** 11;
}

/** RFC 8445, 5.1.2.1. */
export function candidatePriority(kind: 'host' | 'srflx' | 'prflx', index: number): number {
  const preference = { host: 126, prflx: 110, srflx: 100 }[kind];
  return preference * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
}

export function newPair(path: Path, rank: number, nowMs: number): Pair {
  return {
    path,
    rank,
    state: 'waiting',
    check: null,
    checkedAtMs: null,
    validAtMs: null,
    heardAtMs: nowMs,
    nominatedAtMs: null,
    nominatedBy: null,
  };
}
