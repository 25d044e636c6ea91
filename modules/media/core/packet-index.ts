const HALF_16 = 0x8000;
const MOD_16 = 0x1_0000;
/** A client has a few streams; one that makes up more forgets its oldest. */
const MOST_STREAMS = 256;

interface Newest {
  rollovers: number;
  sequenceNumber: number;
}

/**
 * How often the sequence numbers of each stream have wrapped (RFC 3711, 3.3.1): SRTP's nonces count on from 16 bits to 48. What is
 * guessed for a packet is kept only once the packet has proved genuine.
 */
export class PacketIndex {
  readonly #streams = new Map<number, Newest>();

  /** The wraps before this packet, if it is one near to the newest. @returns −1: it would be from before the first */
  guess(ssrc: number, sequenceNumber: number): number {
    const newest = this.#streams.get(ssrc);
    if (!newest) return 0;
    const { rollovers } = newest;
    const ahead = sequenceNumber - newest.sequenceNumber;
    if (newest.sequenceNumber < HALF_16) return ahead > HALF_16 ? rollovers - 1 : rollovers;
    return ahead < -HALF_16 ? rollovers + 1 : rollovers;
  }

  /** The wraps before the newest packet; null before the first. */
  current(ssrc: number): number | null {
    return this.#streams.get(ssrc)?.rollovers ?? null;
  }

  /** The sender's numbering began anew, and its wraps did not (some senders, against the RFC): the packet is genuine all the same. */
  beginAnew(ssrc: number, sequenceNumber: number): void {
    const newest = this.#streams.get(ssrc);
    if (newest) newest.sequenceNumber = sequenceNumber;
  }

  /** The packet is genuine. @param rollovers as guessed */
  accept(ssrc: number, sequenceNumber: number, rollovers: number): void {
    const newest = this.#streams.get(ssrc);
    if (!newest) {
      this.#streams.set(ssrc, { rollovers, sequenceNumber });
      if (this.#streams.size <= MOST_STREAMS) return;
      for (const oldest of this.#streams.keys()) {
        this.#streams.delete(oldest);
        return;
      }
      return;
    }
    const ahead = (rollovers - newest.rollovers) * MOD_16 + sequenceNumber - newest.sequenceNumber;
    if (ahead <= 0) return;
    newest.rollovers = rollovers;
    newest.sequenceNumber = sequenceNumber;
  }
}
