import type { MediaPacket } from '../rooms/room.js';

/**
 * Makes one stream of several that take turns (a camera, then a screen): numbers go on, and time as long as it took to change over.
 * Within a source, gaps and the order stay as they are.
 */
export class Splice {
  #source: string | null = null;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #last: { sequenceNumber: number; timestamp: number; atMs: number } | null = null;

  /** @param clockRate ticks a second */
  constructor(private readonly clockRate: number) {}

  /** @param source the id of the track that the packet is of */
  push(source: string, packet: MediaPacket, atMs: number): MediaPacket {
    if (source !== this.#source) {
      this.#source = source;
      if (this.#last) {
        const ticks = Math.max(1, Math.round(((atMs - this.#last.atMs) * this.clockRate) / 1000));
        this.#sequenceOffset = this.#last.sequenceNumber + 1 - packet.sequenceNumber;
        this.#timestampOffset = this.#last.timestamp + ticks - packet.timestamp;
      }
    }
    const spliced = {
      sequenceNumber: (packet.sequenceNumber + this.#sequenceOffset) & 0xffff,
      timestamp: (packet.timestamp + this.#timestampOffset) >>> 0,
      marker: packet.marker,
      payload: packet.payload,
    };
    const before = this.#last;
    // Of packets that overtake each other the newest counts.
    if (!before || ((spliced.sequenceNumber - before.sequenceNumber) & 0xffff) < 0x8000) {
      this.#last = { sequenceNumber: spliced.sequenceNumber, timestamp: spliced.timestamp, atMs };
    }
    return spliced;
  }
}
