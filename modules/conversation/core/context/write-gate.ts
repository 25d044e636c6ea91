import type { FrameSegment } from '../inputs.js';
import type { Session } from '../session.js';
import type { Write } from './writes.js';

/** An answer that is to be shortened. */
export interface Cut {
  readonly id: string;
  readonly keepTokens: number;
}

/** Holds back what is to change the context while an answer is made or begun ahead. */
export class WriteGate {
  readonly #session: Session;
  #closed = false;
  #waiting: Write[] = [];
  /** Ids of what is to be taken out once the answer is made. */
  #condemned: string[] = [];
  /** Answers that are to be shortened then. */
  #cuts: Cut[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Typed questions that wait. */
  get questions(): readonly (Write & { k: 'question' })[] {
    return this.#waiting.filter((write) => write.k === 'question');
  }

  /** Start of the oldest utterance that waits (media clock); Infinity: none does. */
  get audioNeededFromMs(): number {
    return Math.min(
      ...this.#waiting.map((write) => (write.k === 'utterance' ? write.utterance.startMs : Infinity)),
    );
  }

  close(): void {
    this.#closed = true;
  }

  /** @returns what is to be taken out of the context now, and then what is to be written, in order */
  open(): { condemned: readonly string[]; cuts: readonly Cut[]; waiting: readonly Write[] } {
    this.#closed = false;
    const cuts = this.#cuts.filter(({ id }) => this.#session.log.holds(id));
    this.#cuts = [];
    const condemned = this.#condemned.filter((id) => this.#session.log.holds(id));
    this.#condemned = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    return { condemned, cuts, waiting };
  }

  /** Has it wait; where that makes too many frames, the oldest is shed. */
  hold(write: Write): void {
    this.#waiting.push(write);
    if (write.k !== 'frame') return;
    const frames = this.#waiting.filter(({ k }) => k === 'frame');
    const oldest = frames[0];
    if (oldest?.k !== 'frame' || frames.length <= this.#session.maxFrames) return;
    this.#waiting = this.#waiting.filter((other) => other !== oldest);
    this.#dropFrame(oldest.segment, 'waiting_full');
  }

  /** These go from the context when the gate opens, unless they have gone by then. */
  condemn(ids: readonly string[]): void {
    this.#condemned.push(...ids);
  }

  /** An answer is shortened when the gate opens. */
  cutLater(cut: Cut): void {
    this.#cuts.push(cut);
  }

  /** Something of this item waits. */
  holds(itemId: string): boolean {
    return this.#waiting.some((write) => itemIdOf(write) === itemId);
  }

  /** What waits of an item that a client deleted is not written. */
  forget(itemId: string): void {
    this.#waiting = this.#waiting.filter((write) => itemIdOf(write) !== itemId);
  }

  /** What the camera showed in the meantime is not written. */
  redactCamera(): void {
    for (const write of this.#waiting) {
      if (isLive(write)) this.#dropFrame(write.segment, 'redacted');
    }
    this.#waiting = this.#waiting.filter((write) => !isLive(write));
  }

  #dropFrame(segment: FrameSegment, reason: 'waiting_full' | 'redacted'): void {
    this.#session.out.emit({ type: 'frame_dropped', ptsMs: segment.ptsMs, reason });
  }
}

function itemIdOf(write: Write): string {
  return write.k === 'utterance' ? write.utterance.itemId : write.itemId;
}

function isLive(write: Write): write is Extract<Write, { k: 'frame' }> {
  return write.k === 'frame' && !write.requested;
}
