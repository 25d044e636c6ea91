import type { Path } from './pair.js';

/** A connectivity check of the client's, authenticated with our password. */
export interface Check {
  readonly id: string;
  readonly priority: number;
  readonly useCandidate: boolean;
  /** The role that the client says it has. */
  readonly role: 'controlling' | 'controlled' | null;
  readonly tieBreaker: bigint;
}

/** A check of ours, as it goes out. */
export interface OwnCheck {
  readonly id: string;
  readonly priority: number;
  readonly nominates: boolean;
  readonly controlling: boolean;
}

/** What an agent needs of the outside. */
export interface AgentPorts {
  /** Sends a check of ours. */
  check(path: Path, check: OwnCheck): void;
  /** Answers a check of the client's. */
  accept(path: Path, id: string): void;
  /** Answers a check of the client's with an error. */
  refuse(path: Path, id: string, code: number): void;
  /** A new transaction id: 24 hexadecimal digits. */
  newId(): string;
  /** A number in [0, 1). */
  random(): number;
  /** The first authenticated check has come. */
  onChecked(): void;
  /** The first pair was selected: the client can be reached. */
  onConnected(): void;
  /** The client has not answered for 30 s (RFC 7675). */
  onLost(): void;
}

export interface AgentOptions {
  readonly tieBreaker: bigint;
  readonly ports: AgentPorts;
}
