import { unwrap16, unwrap32 } from './rtp.js';

const HISTORY = 1024;
/** Where no earlier packet tells, a time stamp within this many ticks (minutes) before the next packet's is an older packet's. */
const MAX_AGE_TICKS = 2 ** 24;

/** The first packets of a stream may come in any order: numbers this far before the first are of the same stream. */
const BEFORE_FIRST = 16;
/** So much of a payload tells whether it is the same: encoded speech never is. */
const DIGEST_BYTES = 64;

export interface Passable {
  /** 32 bit, wraps. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** What the newest packets of a stream were, by their numbers (extended, so that they never wrap). */
export class PassedPackets {
  readonly #numbers = new Float64Array(HISTORY).fill(-1);
  readonly #timestamps = new Float64Array(HISTORY);
  readonly #digests = new Int32Array(HISTORY);
  #first = -1;
  #newest = -1;

  add(sequence: number, { timestamp, payload }: Passable): void {
    this.#numbers[sequence % HISTORY] = sequence;
    this.#timestamps[sequence % HISTORY] = timestamp;
    this.#digests[sequence % HISTORY] = digest(payload);
    if (this.#first < 0) this.#first = sequence;
    this.#newest = sequence;
  }

  /**
   * @param sequence before the newest
   * @returns `duplicate`: that packet was there; `late`: it is the one that was missing; `other`: neither, so it belongs to
   * another numbering
   */
  judge(sequence: number, { timestamp, payload }: Passable): 'duplicate' | 'late' | 'other' {
    const same = this.#at(sequence);
    if (same !== null) {
      const alike = same === timestamp && this.#digests[sequence % HISTORY] === digest(payload);
      return alike ? 'duplicate' : 'other';
    }
    if (sequence < this.#first - BEFORE_FIRST) return 'other';
    const after = this.#nearest(sequence, 1);
    if (after === null) return 'late';
    const age = ticksBetween(timestamp, after);
    const before = this.#nearest(sequence, -1);
    const mostAge = before === null ? MAX_AGE_TICKS : ticksBetween(before, after);
    return age >= 0 && age <= Math.max(0, mostAge) ? 'late' : 'other';
  }

  /** The same of a packet whose number may be before or after the newest. @param sequenceNumber 16 bit */
  judgeAny(sequenceNumber: number, packet: Passable): 'duplicate' | 'late' | 'other' {
    if (this.#newest < 0) return 'other';
    const sequence = unwrap16(this.#newest, sequenceNumber);
    return sequence > this.#newest || sequence <= this.#newest - HISTORY
      ? 'other'
      : this.judge(sequence, packet);
  }

  #at(sequence: number): number | null {
    return this.#numbers[sequence % HISTORY] === sequence
      ? (this.#timestamps[sequence % HISTORY] ?? 0)
      : null;
  }

  #nearest(sequence: number, step: 1 | -1): number | null {
    const oldest = Math.max(0, this.#newest - HISTORY + 1);
    const from = step > 0 ? Math.max(sequence + 1, oldest) : sequence - 1;
    for (let at = from; at >= oldest && at <= this.#newest; at += step) {
      const timestamp = this.#at(at);
      if (timestamp !== null) return timestamp;
    }
    return null;
  }
}

/** FNV-1a. */
function digest(payload: Uint8Array): number {
  let hash = 0x811c_9dc5 ^ payload.length;
  for (let at = 0; at < payload.length && at < DIGEST_BYTES; at += 1)
    hash = Math.imul(hash ^ (payload[at] ?? 0), 0x0100_0193);
  return hash | 0;
}

/** From one time stamp to another, across a wrap; negative: the other is earlier. */
function ticksBetween(from: number, to: number): number {
  return unwrap32(from, to) - from;
}
