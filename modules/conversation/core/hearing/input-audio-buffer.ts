import type { Item } from '../items/items.js';
import type { Session } from '../session.js';

/** Audio (ms) kept while nobody speaks, on top of the prefix padding: the detector's own delay. */
const DETECTOR_DELAY_MS = 2000;
/** A stalled microphone is looked at again after this long. */
const STALL_STEP_MS = 50;

/** ms on the media clock. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * What the microphone sent and no item has yet: its span, not its samples (those are the `PcmBuffer`'s). It is committed
 * to an item or cleared, and it knows when the microphone has stalled.
 */
export class InputAudioBuffer {
  readonly #session: Session;
  #span: Span | null = null;
  #heardAtMs = 0;
  #stallAtMs = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Audio that no item has yet; null before the first. */
  get span(): Span | null {
    return this.#span;
  }

  /** The newest audio's end on the media clock; 0 before the first. */
  get nowMs(): number {
    return this.#span?.endMs ?? 0;
  }

  /** Gateway clock: a microphone that sends nothing until then is to be taken for silent. */
  get stallAtMs(): number {
    return this.#stallAtMs;
  }

  /** Audio before this (media clock) will not be asked for, as nobody speaks. */
  get neededFromMs(): number {
    if (!this.#span) return 0;
    const { startMs, endMs } = this.#span;
    const detection = this.#session.policy?.detection;
    const keepMs = detection
      ? detection.prefixPaddingMs + DETECTOR_DELAY_MS
      : this.#session.settings.manualBufferMs;
    return Math.max(startMs, endMs - keepMs);
  }

  /** More audio is there. */
  heard(startMs: number, endMs: number, atMs: number): void {
    this.#span = { startMs: this.#span?.startMs ?? startMs, endMs };
    this.#heardAtMs = atMs;
    this.#stallAtMs = atMs + this.#session.settings.audioStallMs;
  }

  /** Nothing has come for a while. @returns until when (media clock) that is silence; null: there was no audio yet */
  stalled(atMs: number): number | null {
    if (!this.#span) return null;
    this.#stallAtMs = atMs + STALL_STEP_MS;
    return this.#span.endMs + (atMs - this.#heardAtMs);
  }

  /** The audio of an utterance up to `endMs` becomes an item; what came before it is forgotten. */
  commit({ itemId, startMs }: { itemId: string; startMs: number }, endMs: number): void {
    const { items, out } = this.#session;
    if (this.#span) this.#span = { startMs: endMs, endMs: Math.max(endMs, this.#span.endMs) };
    out.emit({ type: 'audio_committed', itemId, previousItemId: items.lastId });
    const content = [{ type: 'input_audio', transcript: null, span: { startMs, endMs } }] as const;
    const item: Item = { type: 'message', id: itemId, role: 'user', status: 'completed', content };
    const previousItemId = items.add(item);
    out.emit({ type: 'item_added', item, previousItemId });
    out.emit({ type: 'item_done', item, previousItemId });
    this.#session.transcripts.want(itemId);
  }

  /** Forgets the audio so far. */
  clear(): void {
    if (this.#span) this.#span = { startMs: this.#span.endMs, endMs: this.#span.endMs };
  }
}
