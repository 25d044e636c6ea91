import type { Answering } from './answering.js';
import type { TurnStamp } from './answer.js';
import type { ContextWriter } from './context-writer.js';
import type { Boundary, Failure } from './inputs.js';
import type { Item } from './items.js';
import type { Session } from './session.js';
import { turnPolicy } from './turn-detection.js';

/** Less audio (ms) than this is not worth a commit by hand. */
const MIN_COMMIT_MS = 100;
/** Audio (ms) kept while nobody speaks, on top of the prefix padding: the detector's own delay. */
const DETECTOR_DELAY_MS = 2000;
/** A stalled microphone is looked at again after this long. */
const STALL_STEP_MS = 50;

/** Times are ms on the media clock. */
interface Utterance {
  readonly itemId: string;
  readonly audioId: string;
  /** With prefix padding. */
  readonly startMs: number;
  sentToMs: number;
  /** False once the engine lost a block: then everything goes again at the end. */
  streaming: boolean;
  /** Set while it may have ended. */
  pausedAtMs: number | null;
}

/** The listening side: utterances, from the detector's boundaries or a client's commits. */
export class Hearing {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  #utterance: Utterance | null = null;
  /** Audio that no item has yet (media clock); null before the first. */
  #buffer: { startMs: number; endMs: number } | null = null;
  #heardAtMs = 0;
  #stallAtMs = 0;

  constructor(session: Session, writer: ContextWriter, answering: Answering) {
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
  }

  get speaking(): boolean {
    return this.#utterance !== null;
  }

  get pausing(): boolean {
    return this.#utterance !== null && this.#utterance.pausedAtMs !== null;
  }

  /** The newest audio's end on the media clock; 0 before the first. */
  get nowMs(): number {
    return this.#buffer?.endMs ?? 0;
  }

  /** Gateway clock: when a microphone that sends nothing is to be taken for silent. */
  get stallAtMs(): number | null {
    return this.#utterance ? this.#stallAtMs : null;
  }

  /** Audio before this (media clock) will not be asked for. */
  get neededFromMs(): number {
    return Math.min(this.#neededFromMs(), this.#writer.audioNeededFromMs);
  }

  #neededFromMs(): number {
    if (this.#utterance) return this.#utterance.startMs;
    if (!this.#buffer) return 0;
    const { startMs, endMs } = this.#buffer;
    const detection = turnPolicy(this.#session.config.turnDetection)?.detection;
    const keepMs = detection
      ? detection.prefixPaddingMs + DETECTOR_DELAY_MS
      : this.#session.settings.maxUtteranceMs;
    return Math.max(startMs, endMs - keepMs);
  }

  /** More microphone audio is there. */
  heard(startMs: number, endMs: number, atMs: number): void {
    this.#buffer = { startMs: this.#buffer?.startMs ?? startMs, endMs };
    this.#heardAtMs = atMs;
    this.#stallAtMs = atMs + this.#session.settings.audioStallMs;
    this.#session.clockOffsetMs = atMs - endMs;
    const utterance = this.#utterance;
    if (!utterance) return;
    if (endMs - utterance.startMs > this.#session.settings.maxUtteranceMs) this.#cut(utterance);
    this.streamAudio();
  }

  /** Nothing has come for a while: the detector is told to take that for silence. */
  stalled(atMs: number): void {
    if (!this.#buffer) return;
    this.#stallAtMs = atMs + STALL_STEP_MS;
    const untilMs = this.#buffer.endMs + (atMs - this.#heardAtMs);
    this.#session.out.push({ c: 'assume_silence', untilMs });
  }

  /** Sends what is there of the utterance in whole blocks, so that little is left to encode at its end. */
  streamAudio(): void {
    const utterance = this.#utterance;
    if (!utterance?.streaming || !this.#buffer || this.#writer.gated) return;
    const { audioBlockMs, tailMs } = this.#session.settings;
    const speechEndMs = utterance.pausedAtMs ?? Infinity;
    const endMs = Math.min(this.#buffer.endMs, speechEndMs + tailMs);
    while (endMs - utterance.sentToMs >= audioBlockMs) {
      const fromMs = utterance.sentToMs;
      utterance.sentToMs = fromMs + audioBlockMs;
      this.#writer.writeAudioBlock({ audioId: utterance.audioId, fromMs, toMs: utterance.sentToMs });
    }
  }

  /**
   * The engine lost a block: the utterance goes as a whole, under another id, at its end.
   * @returns false: it is too late for that, or no block of the utterance
   */
  resends(ref: string): boolean {
    const utterance = this.#utterance;
    if (!utterance || !ref.startsWith(`${utterance.audioId}@`)) return false;
    this.#utterance = {
      ...utterance,
      audioId: this.#session.ids.next('audio'),
      sentToMs: utterance.startMs,
      streaming: false,
    };
    return true;
  }

  boundary(boundary: Boundary, lastSpeechPacketAtMs: number | null, atMs: number): void {
    const policy = turnPolicy(this.#session.config.turnDetection);
    if (!policy) return;
    switch (boundary.t) {
      case 'speech_start':
        if (this.#utterance || !this.#buffer) return;
        if (policy.interruptResponse) this.#answering.cancel('turn_detected', atMs);
        return this.#start(boundary.startMs - policy.detection.prefixPaddingMs);
      case 'tentative_pause':
        if (this.#utterance) this.#utterance.pausedAtMs = boundary.speechEndMs;
        return;
      case 'resume':
        if (this.#utterance) this.#utterance.pausedAtMs = null;
        return;
      case 'misfire':
        return this.#misfire(boundary.atMs);
      case 'speech_end': {
        const itemId = this.#utterance?.itemId;
        if (itemId === undefined) return;
        const { speechEndMs } = boundary;
        const turn = { itemId, speechEndMs, lastSpeechPacketAtMs, vadEndAtMs: atMs, commitAtMs: atMs };
        this.#end(boundary, policy.createResponse || this.#answering.wanted ? turn : null);
      }
    }
  }

  /** A client ends the utterance by hand. @returns why that is not possible. */
  commit(): Failure | null {
    const manual = this.#session.config.turnDetection === null;
    if (manual && this.#buffer) {
      const { maxUtteranceMs } = this.#session.settings;
      this.#begin(Math.max(this.#buffer.startMs, this.#buffer.endMs - maxUtteranceMs));
    }
    const utterance = this.#utterance;
    if (!utterance || !this.#buffer || this.#buffer.endMs - utterance.startMs < MIN_COMMIT_MS) {
      if (manual) this.#utterance = null;
      const message = `there is less than ${MIN_COMMIT_MS} ms of audio to commit`;
      return { code: 'input_audio_buffer_commit_empty', message };
    }
    const { endMs } = this.#buffer;
    if (manual) this.#commit(utterance, endMs);
    else this.#stop(utterance, endMs, endMs);
    return null;
  }

  /** Forgets the audio so far; who is speaking goes on under the same item. */
  clear(): void {
    if (this.#buffer) this.#buffer = { startMs: this.#buffer.endMs, endMs: this.#buffer.endMs };
    if (this.#utterance && this.#buffer) this.#begin(this.#buffer.endMs, this.#utterance.itemId);
    this.#session.out.emit({ type: 'audio_cleared' });
  }

  /** Detection was turned off: what was being said stays in the buffer, for a commit by hand. */
  detectionOff(): void {
    this.#misfire(this.nowMs);
  }

  #start(wishedStartMs: number): void {
    const utterance = this.#begin(Math.max(wishedStartMs, this.#buffer?.startMs ?? wishedStartMs));
    const { itemId, startMs } = utterance;
    this.#session.out.emit({ type: 'speech_started', itemId, audioStartMs: startMs });
    this.streamAudio();
  }

  #begin(startMs: number, itemId = this.#session.ids.next('item')): Utterance {
    const audioId = this.#session.ids.next('audio');
    const streaming = this.#session.caps.incrementalAudio;
    this.#utterance = { itemId, audioId, startMs, sentToMs: startMs, streaming, pausedAtMs: null };
    return this.#utterance;
  }

  /** Blocks that were sent are void: no segment of their audio id will be final, and the next id starts anew. */
  #misfire(atMs: number): void {
    const utterance = this.#utterance;
    if (!utterance) return;
    this.#utterance = null;
    const { itemId } = utterance;
    this.#session.out.emit({ type: 'speech_misfired', itemId, audioEndMs: atMs });
  }

  #end(end: Boundary & { t: 'speech_end' }, answer: TurnStamp | null): void {
    const utterance = this.#utterance;
    if (!utterance || !this.#buffer) return;
    // Assumed silence has no audio behind it.
    const endMs = Math.min(end.atMs, end.speechEndMs + this.#session.settings.tailMs, this.#buffer.endMs);
    this.#stop(utterance, end.atMs, Math.max(endMs, utterance.sentToMs));
    if (answer) this.#answering.want({ turn: answer });
  }

  #stop(utterance: Utterance, audioEndMs: number, commitToMs: number): void {
    this.#session.out.emit({ type: 'speech_stopped', itemId: utterance.itemId, audioEndMs });
    this.#commit(utterance, commitToMs);
  }

  /** Longer than an utterance may be: this much is committed, and a new one begins where it ends. */
  #cut(utterance: Utterance): void {
    const endMs = Math.max(utterance.startMs + this.#session.settings.maxUtteranceMs, utterance.sentToMs);
    this.#stop(utterance, endMs, endMs);
    this.#start(endMs);
  }

  #commit(utterance: Utterance, endMs: number): void {
    const { itemId, audioId, startMs, sentToMs: fromMs } = utterance;
    const { items, out } = this.#session;
    this.#utterance = null;
    if (this.#buffer) this.#buffer = { startMs: endMs, endMs: Math.max(endMs, this.#buffer.endMs) };
    out.emit({ type: 'audio_committed', itemId, previousItemId: items.lastId });
    const content = [{ type: 'input_audio', transcript: null, span: { startMs, endMs } }] as const;
    const item: Item = { id: itemId, role: 'user', status: 'completed', content };
    const previousItemId = items.add(item);
    out.emit({ type: 'item_added', item, previousItemId });
    out.emit({ type: 'item_done', item, previousItemId });
    this.#writer.write({ k: 'utterance', utterance: { itemId, audioId, startMs, endMs, fromMs } });
  }
}
