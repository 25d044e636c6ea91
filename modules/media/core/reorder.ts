import { unwrap16 } from './rtp.js';

export interface ReorderConfig {
  /** Packets held at most while one is missing. */
  readonly capacity: number;
  /** How long a missing packet is waited for, in ms of arrival time. */
  readonly maxWaitMs: number;
}

export type ReorderDrop = 'duplicate' | 'late' | 'discontinuity';

/** A packet in its order; `lostBefore` packets directly before it never came. */
export interface Ordered<T> {
  readonly packet: T;
  readonly lostBefore: number;
}

export interface ReorderResult<T> {
  readonly packets: readonly Ordered<T>[];
  readonly drop: ReorderDrop | null;
}

/** A sequence jump beyond this is a restarted sender (or junk), not loss. */
const MAX_JUMP = 3000;
const HISTORY = 1024;
const NOTHING: readonly never[] = [];

/**
 * Puts RTP packets back into order and removes duplicates, for one SSRC. In-order packets pass at once; after a gap, packets
 * wait until the missing one comes, `maxWaitMs` pass or the buffer is full. SRTP here has no replay window of its own, so
 * this buffer is also what stops replayed packets.
 */
export class ReorderBuffer<T extends { readonly sequenceNumber: number }> {
  readonly #config: ReorderConfig;
  readonly #held = new Map<number, { packet: T; arrivedAtMs: number }>();
  /** Which extended sequence numbers were passed on, by number modulo HISTORY. */
  readonly #passed = new Float64Array(HISTORY).fill(-1);
  #next = -1;
  #restartAt = -1;

  constructor(config: ReorderConfig) {
    this.#config = config;
  }

  /** Packets waiting for a missing one. */
  get held(): number {
    return this.#held.size;
  }

  push(packet: T, nowMs: number): ReorderResult<T> {
    if (this.#next < 0) this.#next = alignedStart(packet.sequenceNumber);
    const sequence = unwrap16(this.#next, packet.sequenceNumber);
    const ahead = sequence - this.#next;

    if (Math.abs(ahead) > MAX_JUMP) return this.#onJump(packet);
    this.#restartAt = -1;

    if (ahead < 0) {
      const seen = this.#passed[sequence % HISTORY] === sequence;
      return { packets: this.expire(nowMs), drop: seen ? 'duplicate' : 'late' };
    }
    if (ahead === 0) {
      const out: Ordered<T>[] = [];
      this.#pass(packet, 0, out);
      this.#drain(out);
      return { packets: out, drop: null };
    }
    if (this.#held.has(sequence)) return { packets: this.expire(nowMs), drop: 'duplicate' };
    this.#held.set(sequence, { packet, arrivedAtMs: nowMs });
    return { packets: this.expire(nowMs), drop: null };
  }

  /** Passes on what has waited long enough. Call it from a tick too: after the last packet of a burst nothing else would. */
  expire(nowMs: number): readonly Ordered<T>[] {
    if (this.#held.size === 0) return NOTHING;
    const out: Ordered<T>[] = [];
    for (;;) {
      const oldest = this.#oldest();
      if (oldest === null) break;
      const waited = nowMs - oldest.arrivedAtMs >= this.#config.maxWaitMs;
      if (!waited && this.#held.size <= this.#config.capacity) break;
      const lost = oldest.sequence - this.#next;
      this.#held.delete(oldest.sequence);
      this.#next = oldest.sequence;
      this.#pass(oldest.packet, lost, out);
      this.#drain(out);
    }
    return out;
  }

  /** One far packet is junk; two in sequence are a sender that restarted its numbering (RFC 3550, A.1). */
  #onJump(packet: T): ReorderResult<T> {
    if (packet.sequenceNumber !== this.#restartAt) {
      this.#restartAt = (packet.sequenceNumber + 1) & 0xffff;
      return { packets: NOTHING, drop: 'discontinuity' };
    }
    this.#restartAt = -1;
    this.#held.clear();
    this.#passed.fill(-1);
    this.#next = alignedStart(packet.sequenceNumber);
    const out: Ordered<T>[] = [];
    this.#pass(packet, 1, out);
    return { packets: out, drop: null };
  }

  #pass(packet: T, lostBefore: number, out: Ordered<T>[]): void {
    this.#passed[this.#next % HISTORY] = this.#next;
    this.#next += 1;
    out.push({ packet, lostBefore });
  }

  #drain(out: Ordered<T>[]): void {
    for (let held = this.#held.get(this.#next); held; held = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#pass(held.packet, 0, out);
    }
  }

  #oldest(): { sequence: number; packet: T; arrivedAtMs: number } | null {
    let sequence = Infinity;
    for (const key of this.#held.keys()) if (key < sequence) sequence = key;
    const held = this.#held.get(sequence);
    return held ? { sequence, ...held } : null;
  }
}

/** Starts a numbering high enough that going back past the first packet never becomes negative. */
function alignedStart(sequenceNumber: number): number {
  return 0x1_0000 + sequenceNumber;
}
