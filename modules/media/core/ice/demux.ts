import { keyOf, type Path } from './pair.js';

/** Addresses that one call may hold. A client has a few; who makes up more loses his own oldest. */
const MAX_ADDRESSES = 32;

/** What is known of one call. */
interface Member {
  readonly tag: string;
  names: readonly string[];
  /** Keys of its paths, the oldest first. */
  readonly paths: Set<string>;
}

interface Holder<C> {
  readonly call: C;
  /** The address has answered a check of this call's. */
  readonly proved: boolean;
}

/**
 * Tells the calls of one UDP port apart. A connectivity check names its call (RFC 8445: the ICE user name); an answer to ours has the
 * call's tag in its transaction id; for everything else the sender's address counts, which a call gets by an authenticated check.
 *
 * An address that has answered a check of a call's is taken from that call only by one that it has answered, too: whoever has a call of his
 * own could otherwise send a check with another's source address, and have that one's sound for nothing. Without such proof the newest
 * check counts.
 */
export class Demux<C> {
  readonly #members = new Map<C, Member>();
  readonly #byTag = new Map<string, C>();
  readonly #byName = new Map<string, C>();
  readonly #byPath = new Map<string, Holder<C>>();

  /** Calls that take part. */
  get size(): number {
    return this.#members.size;
  }

  /** Addresses that are known, of all calls. */
  get addresses(): number {
    return this.#byPath.size;
  }

  /** @returns false: the tag is another's already */
  join(call: C, tag: string): boolean {
    if (this.#byTag.has(tag)) return false;
    this.#members.set(call, { tag, names: [], paths: new Set() });
    this.#byTag.set(tag, call);
    return true;
  }

  /** Nothing is routed to the call any more, and what it had is free. */
  leave(call: C): void {
    const member = this.#members.get(call);
    if (!member) return;
    this.#members.delete(call);
    this.#byTag.delete(member.tag);
    for (const name of member.names) this.#byName.delete(name);
    for (const path of member.paths) this.#byPath.delete(path);
  }

  /** From now on these are the call's ICE user names (ufrags), and no others. */
  rename(call: C, names: readonly string[]): void {
    const member = this.#members.get(call);
    if (!member) return;
    for (const name of member.names) this.#byName.delete(name);
    member.names = names.filter((name) => !this.#byName.has(name));
    for (const name of member.names) this.#byName.set(name, call);
  }

  /**
   * The client of the call was seen at the address.
   * @param proved it answered a check of ours from there; otherwise it sent one, which could have come from elsewhere
   */
  claim(call: C, path: Path, proved: boolean): void {
    const member = this.#members.get(call);
    if (!member) return;
    const key = keyOf(path);
    const holder = this.#byPath.get(key);
    if (holder && (holder.call === call ? holder.proved || !proved : holder.proved && !proved)) return;
    if (holder) this.#members.get(holder.call)?.paths.delete(key);
    else if (member.paths.size >= MAX_ADDRESSES) this.#makeRoom(member);
    this.#byPath.set(key, { call, proved });
    member.paths.add(key);
  }

  byName(name: string): C | undefined {
    return this.#byName.get(name);
  }

  byTag(tag: string): C | undefined {
    return this.#byTag.get(tag);
  }

  byPath(path: Path): C | undefined {
    return this.#byPath.get(keyOf(path))?.call;
  }

  /** What proved nothing goes first. */
  #makeRoom({ paths }: Member): void {
    const [oldest] = paths;
    const worst = [...paths].find((key) => !this.#byPath.get(key)?.proved) ?? oldest;
    if (worst === undefined) return;
    paths.delete(worst);
    this.#byPath.delete(worst);
  }
}
