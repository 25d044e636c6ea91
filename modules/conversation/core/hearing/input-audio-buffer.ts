import type { Item } from '../items/items.js';
import type { Failure } from '../inputs.js';
import type { Session } from '../session.js';

/** Audio (ms) kept while nobody speaks, on top of the prefix padding: the detector's own delay. */
const DETECTOR_DELAY_MS = 2000;
/** A stalled microphone is looked at again after this long. */
const STALL_STEP_MS = 50;

/** Less audio (ms) than this is not worth a commit by hand. */
const MIN_COMMIT_MS = 100;

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

  /** Start of the newest audio that is there, of `mostMs` at the most; null: there is none. */
  newestFrom(mostMs: number): number | null {
    if (!this.#span) return null;
    return Math.max(this.#span.startMs, this.#span.endMs - mostMs);
  }

  /** Why audio from there on is not to be committed by hand; null: it is. */
  emptyFrom(startMs: number | null): Failure | null {
    if (this.#span && startMs !== null && this.#span.endMs - startMs >= MIN_COMMIT_MS) return null;
    const message = `there is less than ${MIN_COMMIT_MS} ms of audio to commit`;
    return { code: 'input_audio_buffer_commit_empty', message };
  }

  /** What has been heard since then (gateway clock), if it is worth an item. */
  silenceSince(sinceAtMs: number): Span | null {
    const { clockOffsetMs } = this.#session;
    const newestFromMs = this.newestFrom(this.#session.settings.maxUtteranceMs);
    if (!this.#span || newestFromMs === null || clockOffsetMs === null) return null;
    const startMs = Math.max(newestFromMs, sinceAtMs - clockOffsetMs);
    return this.emptyFrom(startMs) ? null : { startMs, endMs: this.#span.endMs };
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
    this.#session.spoken(itemId);
  }

  /** Forgets the audio so far. */
  clear(): void {
    if (this.#span) this.#span = { startMs: this.#span.endMs, endMs: this.#span.endMs };
  }
}
