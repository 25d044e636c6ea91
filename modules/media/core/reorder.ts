import { PassedPackets, type Passable } from './passed-packets.js';
import { unwrap16 } from './rtp.js';

export interface ReorderConfig {
  /** Packets held at most while one is missing. */
  readonly capacity: number;
  /** How long a missing packet is waited for, in ms of arrival time. */
  readonly maxWaitMs: number;
}

export type ReorderDrop = 'duplicate' | 'late' | 'discontinuity';

/** What the buffer needs to know of a packet. */
export interface Sequenced extends Passable {
  /** 16 bit, wraps. */
  readonly sequenceNumber: number;
}

/** A packet in its order; `lostBefore` packets directly before it never came. */
export interface Ordered<T> {
  readonly packet: T;
  readonly lostBefore: number;
  /** The sender's numbering begins anew here: nothing can be told from what came before. */
  readonly restarted: boolean;
}

export interface ReorderResult<T> {
  readonly packets: readonly Ordered<T>[];
  readonly drops: readonly ReorderDrop[];
}

interface Held<T> {
  readonly packet: T;
  readonly arrivedAtMs: number;
  readonly filler: boolean;
}

/** A sequence jump beyond this is a restarted sender (or junk), not loss. */
const MAX_JUMP = 3000;
/** Numberings that are remembered: a network that held packets back for seconds may bring several at once, and their duplicates behind them. */
const MAX_NUMBERINGS = 4;
/** Two packets outside of the numbering that are no further apart than this are a restarted sender. */
const RESTART_SPAN = 16;

/**
 * Puts RTP packets back into order and removes duplicates, for one SSRC. In-order packets pass at once; after a gap, packets
 * wait until the missing one comes, `maxWaitMs` pass or the buffer is full. SRTP here has no replay window of its own, so
 * this buffer is also what stops replayed packets.
 *
 * A packet is late where the stream has gone on without it: its number has been passed over, and its time stamp lies where
 * that number's belongs. What comes under such a number with another time stamp, or with other contents than it had, is of a
 * sender that begins anew.
 */
export class ReorderBuffer<T extends Sequenced> {
  readonly #config: ReorderConfig;
  readonly #held = new Map<number, Held<T>>();
  #passed = new PassedPackets();
  /** Of the numberings before this one, the newest first: what comes of them now was there, or is late. */
  #before: readonly PassedPackets[] = [];
  #next = -1;
  /** Lost before fillers: it is told with the next packet that is passed on. */
  #lost = 0;
  #restarted = false;
  /** A packet outside of the numbering: junk, or the first of a sender that begins anew. */
  #stray: Held<T> | null = null;

  constructor(config: ReorderConfig) {
    this.#config = config;
  }

  /** Packets waiting for a missing one. */
  get held(): number {
    return this.#held.size;
  }

  push(packet: T, nowMs: number): ReorderResult<T> {
    return this.#take({ packet, arrivedAtMs: nowMs, filler: false });
  }

  /** A packet of the stream that nobody plays (padding, another payload type): its number counts, and it is not passed on. */
  skip(packet: T, nowMs: number): ReorderResult<T> {
    return this.#take({ packet, arrivedAtMs: nowMs, filler: true });
  }

  /** What comes before this packet was not wanted: it is not waited for, and counts as lost. */
  leap(sequenceNumber: number): void {
    if (this.#next < 0) return;
    const sequence = unwrap16(this.#next, sequenceNumber);
    const ahead = sequence - this.#next;
    if (ahead <= 0 || ahead > MAX_JUMP) return;
    this.#held.clear();
    this.#lost += ahead;
    this.#next = sequence;
  }

  /** Passes on what has waited long enough. Call it from a tick too: after the last packet of a burst nothing else would. */
  expire(nowMs: number): readonly Ordered<T>[] {
    const out: Ordered<T>[] = [];
    for (let oldest = this.#oldest(); oldest; oldest = this.#oldest()) {
      const waited = nowMs - oldest.held.arrivedAtMs >= this.#config.maxWaitMs;
      if (!waited && this.#held.size <= this.#config.capacity) break;
      this.#passHeld(oldest.sequence, out);
    }
    return out;
  }

  /** Passes on all that is held: no packet that is missing will come any more. */
  flush(): readonly Ordered<T>[] {
    return this.expire(Infinity);
  }

  #take(entry: Held<T>): ReorderResult<T> {
    const { packet, arrivedAtMs: nowMs } = entry;
    if (this.#next < 0) this.#next = alignedStart(packet.sequenceNumber);
    const sequence = unwrap16(this.#next, packet.sequenceNumber);
    const ahead = sequence - this.#next;
    if (Math.abs(ahead) > MAX_JUMP) return this.#onStray(entry);
    const behind = ahead < 0 ? this.#passed.judge(sequence, packet) : null;
    if (behind === 'other') return this.#onStray(entry);

    const drops: ReorderDrop[] = [];
    if (this.#stray && !this.#stray.filler) drops.push('discontinuity');
    this.#stray = null;
    if (behind !== null || this.#held.has(sequence)) {
      drops.push(behind ?? 'duplicate');
      return { packets: this.expire(nowMs), drops };
    }
    const out: Ordered<T>[] = [];
    if (ahead === 0) {
      this.#pass(entry, 0, out);
      this.#drain(out);
    } else {
      this.#held.set(sequence, entry);
      out.push(...this.expire(nowMs));
    }
    return { packets: out, drops };
  }

  /** One stray packet is junk; two near each other are a sender that restarted its numbering (RFC 3550, A.1). */
  #onStray(entry: Held<T>): ReorderResult<T> {
    const old = this.#judgeOld(entry.packet);
    if (old) return { packets: this.expire(entry.arrivedAtMs), drops: [old] };
    const first = this.#stray;
    const distance = first ? sequenceDistance(first.packet, entry.packet) : Infinity;
    if (!first || Math.abs(distance) > RESTART_SPAN) {
      this.#stray = entry;
      return {
        packets: this.expire(entry.arrivedAtMs),
        drops: first && !first.filler ? ['discontinuity'] : [],
      };
    }
    if (distance === 0) return { packets: this.expire(entry.arrivedAtMs), drops: ['duplicate'] };
    this.#stray = null;
    const out: Ordered<T>[] = [...this.flush()];
    this.#before = [this.#passed, ...this.#before].slice(0, MAX_NUMBERINGS);
    this.#passed = new PassedPackets();
    this.#lost = 0;
    this.#restarted = true;
    const [earlier, later] = distance > 0 ? [first, entry] : [entry, first];
    this.#next = alignedStart(earlier.packet.sequenceNumber);
    this.#pass(earlier, 0, out);
    const rest = this.#take(later);
    return { packets: [...out, ...rest.packets], drops: rest.drops };
  }

  #judgeOld(packet: T): ReorderDrop | null {
    for (const passed of this.#before) {
      const judged = passed.judgeAny(packet.sequenceNumber, packet);
      if (judged !== 'other') return judged;
    }
    return null;
  }

  #passHeld(sequence: number, out: Ordered<T>[]): void {
    const held = this.#held.get(sequence);
    if (!held) return;
    this.#held.delete(sequence);
    const lost = sequence - this.#next;
    this.#next = sequence;
    this.#pass(held, lost, out);
    this.#drain(out);
  }

  #pass({ packet, filler }: Held<T>, lostBefore: number, out: Ordered<T>[]): void {
    this.#passed.add(this.#next, packet);
    this.#next += 1;
    this.#lost += lostBefore;
    if (filler) return;
    out.push({ packet, lostBefore: this.#lost, restarted: this.#restarted });
    this.#lost = 0;
    this.#restarted = false;
  }

  #drain(out: Ordered<T>[]): void {
    for (let held = this.#held.get(this.#next); held; held = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#pass(held, 0, out);
    }
  }

  #oldest(): { sequence: number; held: Held<T> } | null {
    let sequence = Infinity;
    for (const key of this.#held.keys()) if (key < sequence) sequence = key;
    const held = this.#held.get(sequence);
    return held ? { sequence, held } : null;
  }
}

/** Starts a numbering high enough that going back past the first packet never becomes negative. */
function alignedStart(sequenceNumber: number): number {
  return 0x1_0000 + sequenceNumber;
}

function sequenceDistance(from: Sequenced, to: Sequenced): number {
  return unwrap16(alignedStart(from.sequenceNumber), to.sequenceNumber) - alignedStart(from.sequenceNumber);
}
