import type { VideoSource } from '#modules/contracts';

import type { Session } from '../session.js';
import type { Write } from './writes.js';

type FrameWrite = Extract<Write, { k: 'frame' }>;

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
    this.#dropFrame(oldest, 'waiting_full');
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

  /** What the camera or the screen showed in the meantime is not written. */
  redactVideo(source: VideoSource): void {
    const [gone, kept]: [FrameWrite[], Write[]] = [[], []];
    for (const write of this.#waiting) {
      if (write.k === 'frame' && sourceOf(write) === source) gone.push(write);
      else kept.push(write);
    }
    for (const write of gone) this.#dropFrame(write, 'redacted');
    this.#waiting = kept;
  }

  #dropFrame(write: FrameWrite, reason: 'waiting_full' | 'redacted'): void {
    const source = sourceOf(write);
    const { ptsMs } = write.segment;
    this.#session.out.emit({ type: 'frame_dropped', ptsMs, reason, ...(source && { source }) });
  }
}

function itemIdOf(write: Write): string {
  return write.k === 'utterance' ? write.utterance.itemId : write.itemId;
}

/** Null: it came in a message. */
function sourceOf({ segment, requested }: FrameWrite): VideoSource | null {
  return requested ? null : (segment.source ?? 'camera');
}
