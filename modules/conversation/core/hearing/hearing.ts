import type { Answering } from '../answering/answering.js';
import type { ContextWriter } from '../context/context-writer.js';
import { InputAudioBuffer } from './input-audio-buffer.js';
import type { Boundary, Failure } from '../inputs.js';
import { Patience } from './patience.js';
import type { Session } from '../session.js';
import type { Speculation } from '../answering/speculation.js';
import { onSpeech } from '../turn-rules/barge-in.js';
import type { TurnPolicy } from '../turn-rules/policy.js';
import { Utterance } from './utterance.js';

/** Less audio (ms) than this is not worth a commit by hand. */
const MIN_COMMIT_MS = 100;

/** What a session hears with. */
export interface HearingParts {
  readonly writer: ContextWriter;
  readonly answering: Answering;
  readonly speculation: Speculation;
}

/** The listening side: utterances, from the detector's boundaries or a client's commits. */
export class Hearing {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #speculation: Speculation;
  readonly #patience: Patience;
  readonly #buffer: InputAudioBuffer;
  #utterance: Utterance | null = null;
  #spokeAtMs = 0;

  constructor(session: Session, { writer, answering, speculation }: HearingParts) {
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
    this.#speculation = speculation;
    this.#patience = new Patience(session);
    this.#buffer = new InputAudioBuffer(session);
  }

  get speaking(): boolean {
    return this.#utterance !== null;
  }

  get pausing(): boolean {
    return this.#utterance !== null && this.#utterance.pause !== null;
  }

  /** When speech was heard last (gateway clock); 0: never. */
  get spokeAtMs(): number {
    return this.#spokeAtMs;
  }

  /** The newest audio's end on the media clock; 0 before the first. */
  get nowMs(): number {
    return this.#buffer.nowMs;
  }

  /** Gateway clock: when a microphone that sends nothing is to be taken for silent. */
  get stallAtMs(): number | null {
    return this.#utterance ? this.#buffer.stallAtMs : null;
  }

  /** Audio before this (media clock) will not be asked for. */
  get neededFromMs(): number {
    const heardFromMs = this.#utterance?.startMs ?? this.#buffer.neededFromMs;
    return Math.min(heardFromMs, this.#writer.audioNeededFromMs);
  }

  /** More microphone audio is there. */
  heard(startMs: number, endMs: number, atMs: number): void {
    this.#buffer.heard(startMs, endMs, atMs);
    this.#session.clockOffsetMs = atMs - endMs;
    const utterance = this.#utterance;
    if (!utterance) return;
    if (endMs - utterance.startMs > this.#session.settings.maxUtteranceMs) this.#cut(utterance, atMs);
    this.streamAudio();
  }

  /** Nothing has come for a while: the detector is told to take that for silence. */
  stalled(atMs: number): void {
    const untilMs = this.#buffer.stalled(atMs);
    if (untilMs !== null) this.#session.out.push({ c: 'assume_silence', untilMs });
  }

  /** Sends what is there of the utterance. */
  streamAudio(): void {
    const utterance = this.#utterance;
    const { span } = this.#buffer;
    if (!span || !utterance || this.#writer.gated) return;
    utterance.stream(this.#writer, span.endMs);
    const { caps, policy } = this.#session;
    // A pause that is attended has its answer from that; behind the gate nothing can be asked.
    if (caps.turnEnd && policy?.asksModel) utterance.ask(this.#writer);
  }

  /** An answer is made while somebody speaks: what goes on behind it is another turn, which the utterance goes into as a whole. */
  letAnswer(): void {
    this.#utterance?.sendAgain();
  }

  /** The engine lost a block. @returns false: it is too late to send it again, or it is no block of the utterance */
  resends(ref: string): boolean {
    return this.#utterance?.resends(ref) ?? false;
  }

  /** The model says how likely it is that the turn ends where the sound of this append does. */
  predicted(ref: string, turnEnd: number): void {
    if (this.#utterance?.predicted(ref, turnEnd) && this.pausing)
      this.#patience.adapt(this.#utterance.turnEnd);
  }

  boundary(boundary: Boundary, lastSpeechPacketAtMs: number | null, atMs: number): void {
    const { policy } = this.#session;
    if (!policy) return;
    const utterance = this.#utterance;
    switch (boundary.t) {
      case 'speech_start':
        if (!utterance && this.#buffer.span) this.#startSpeech(boundary, policy, atMs);
        return;
      case 'speech_established':
        if (utterance && this.#answering.held) this.#answering.cancel('turn_detected', atMs);
        return;
      case 'tentative_pause':
        if (utterance && !utterance.pause) this.#pause(utterance, boundary, atMs);
        return;
      case 'resume':
        if (utterance?.pause) this.#resume(utterance, atMs);
        return;
      case 'misfire':
        return this.#misfire(boundary.atMs, atMs);
      case 'speech_end': {
        if (!utterance) return;
        // Nothing but a cough: the answer that it seemed to interrupt goes on.
        if (this.#answering.held) return this.#misfire(boundary.atMs, atMs);
        return this.#end(utterance, boundary, { lastSpeechPacketAtMs, atMs });
      }
    }
  }

  /** A client ends the utterance by hand. @returns why that is not possible. */
  commit(atMs: number): Failure | null {
    const manual = this.#session.config.turnDetection === null;
    const { span } = this.#buffer;
    if (manual && span) {
      this.#begin(Math.max(span.startMs, span.endMs - this.#session.settings.manualBufferMs));
    }
    const utterance = this.#utterance;
    if (!utterance || !span || span.endMs - utterance.startMs < MIN_COMMIT_MS) {
      if (manual) this.#utterance = null;
      const message = `there is less than ${MIN_COMMIT_MS} ms of audio to commit`;
      return { code: 'input_audio_buffer_commit_empty', message };
    }
    const { endMs } = span;
    if (manual) this.#commitPieces(utterance, endMs);
    else {
      this.#stop(utterance, endMs, endMs);
      // Who goes on speaking begins another item.
      this.#session.out.push({ c: 'detect_anew', fromMs: endMs });
    }
    // Whoever commits it means it: it is no cough.
    if (this.#answering.held) this.#answering.cancel('turn_detected', atMs);
    this.#speculation.endTurn();
    return null;
  }

  /** Nobody spoke since `sinceAtMs` (gateway clock): the silence becomes an item. @returns false: there is none */
  timeOut(sinceAtMs: number): boolean {
    const { clockOffsetMs, settings, out } = this.#session;
    const { span } = this.#buffer;
    if (!span || clockOffsetMs === null) return false;
    const { startMs, endMs } = span;
    const fromMs = Math.max(startMs, sinceAtMs - clockOffsetMs, endMs - settings.maxUtteranceMs);
    if (endMs - fromMs < MIN_COMMIT_MS) return false;
    const silence = this.#begin(fromMs);
    const { itemId } = silence;
    out.emit({ type: 'timeout_triggered', itemId, audioStartMs: fromMs, audioEndMs: endMs });
    this.#commit(silence, endMs);
    return true;
  }

  /** Forgets the audio so far, with the utterance under way; who goes on speaking begins another. */
  clear(atMs: number): void {
    this.#buffer.clear();
    const { span } = this.#buffer;
    if (span && this.#session.policy) this.#session.out.push({ c: 'detect_anew', fromMs: span.endMs });
    if (this.#utterance) this.#misfire(this.nowMs, atMs);
    else this.#session.out.emit({ type: 'audio_cleared' });
  }

  /** Turn detection was set anew. Turned off, what was being said stays in the buffer, for a commit by hand. */
  detectionSet(atMs: number): void {
    const settings = this.#session.policy?.detection ?? null;
    if (!settings) this.#misfire(this.nowMs, atMs);
    this.#patience.reset();
    this.#session.out.push({ c: 'detect', settings });
  }

  #startSpeech({ startMs }: Boundary & { t: 'speech_start' }, policy: TurnPolicy, atMs: number): void {
    const { reading, turnTaking } = this.#session;
    const effect = onSpeech(policy, {
      answering: this.#answering.activeId !== null,
      reading: atMs < reading.untilMs,
      deafWhileReading: turnTaking.readingCharsPerS !== null,
    });
    if (effect === 'ignore') return;
    this.#speculation.withdraw('withdrawn', atMs);
    if (effect === 'interrupt') this.#answering.cancel('turn_detected', atMs);
    if (effect === 'hold') this.#answering.hold();
    this.#spokeAtMs = atMs;
    this.#start(startMs - policy.detection.prefixPaddingMs);
  }

  #pause(utterance: Utterance, pause: Boundary & { t: 'tentative_pause' }, atMs: number): void {
    utterance.pausedAt(pause, this.nowMs);
    this.#patience.adapt(utterance.turnEnd);
    const answered = this.#session.policy?.createResponse === true || this.#answering.wanted;
    if (answered && utterance.pause)
      this.#speculation.beginSpeech(utterance.endedAt(utterance.pause.endMs), atMs);
    this.streamAudio();
  }

  #resume(utterance: Utterance, atMs: number): void {
    this.#speculation.withdraw('resumed', atMs);
    utterance.resumed();
    this.#patience.adapt(null);
  }

  #start(wishedStartMs: number): void {
    const utterance = this.#begin(Math.max(wishedStartMs, this.#buffer.span?.startMs ?? wishedStartMs));
    const { itemId, startMs } = utterance;
    this.#session.out.emit({ type: 'speech_started', itemId, audioStartMs: startMs });
    this.streamAudio();
  }

  #begin(startMs: number): Utterance {
    this.#utterance = new Utterance(this.#session, startMs, this.#session.ids.next('item'));
    return this.#utterance;
  }

  /** Blocks that were sent are void: no segment of their audio id will be final, and the next id starts anew. */
  #misfire(audioEndMs: number, atMs: number): void {
    const utterance = this.#utterance;
    if (!utterance) return;
    this.#speculation.withdraw('withdrawn', atMs);
    this.#speculation.endTurn();
    this.#silent(atMs);
    this.#session.out.emit({ type: 'speech_misfired', itemId: utterance.itemId, audioEndMs });
    this.#answering.release(atMs);
  }

  #end(
    utterance: Utterance,
    end: Boundary & { t: 'speech_end' },
    { lastSpeechPacketAtMs, atMs }: { lastSpeechPacketAtMs: number | null; atMs: number },
  ): void {
    const answered = this.#session.policy?.createResponse === true || this.#answering.wanted;
    if (!answered || !utterance.pause) this.#speculation.withdraw('withdrawn', atMs);
    const ahead = this.#speculation.live;
    // Assumed silence has no audio behind it.
    const endMs = utterance.pause?.endMs ?? utterance.endFor(end.speechEndMs, Math.min(end.atMs, this.nowMs));
    const { itemId } = utterance;
    this.#silent(atMs);
    this.#stop(utterance, end.atMs, endMs, ahead ? 'attended' : 'new');
    if (answered) {
      const { speechEndMs } = end;
      const turn = { itemId, speechEndMs, lastSpeechPacketAtMs, vadEndAtMs: atMs, commitAtMs: atMs };
      this.#answering.want({ turn, ...(!ahead && { speculation: this.#speculation.endTurn() }) });
    }
    this.#speculation.confirm(atMs);
  }

  #silent(atMs: number): void {
    this.#utterance = null;
    this.#spokeAtMs = atMs;
    this.#patience.adapt(null);
  }

  #stop(
    utterance: Utterance,
    audioEndMs: number,
    commitToMs: number,
    sound: 'new' | 'attended' = 'new',
  ): void {
    this.#session.out.emit({ type: 'speech_stopped', itemId: utterance.itemId, audioEndMs });
    this.#commit(utterance, commitToMs, sound);
  }

  /** Too long for one utterance: what there is goes in, and the rest is another of the same turn. */
  #cut(utterance: Utterance, atMs: number): void {
    this.#speculation.withdraw('withdrawn', atMs);
    if (this.#answering.held) this.#answering.cancel('turn_detected', atMs);
    const endMs = Math.max(utterance.startMs + this.#session.settings.maxUtteranceMs, utterance.sentToMs);
    this.#stop(utterance, endMs, endMs);
    this.#start(endMs);
  }

  /** What is longer than an utterance may be is several, of about the same length. */
  #commitPieces(first: Utterance, endMs: number): void {
    const { startMs } = first;
    const count = Math.max(1, Math.ceil((endMs - startMs) / this.#session.settings.maxUtteranceMs));
    const lengthMs = (endMs - startMs) / count;
    this.#commit(first, startMs + lengthMs);
    for (let piece = 1; piece < count; piece++) {
      this.#commit(this.#begin(startMs + piece * lengthMs), startMs + (piece + 1) * lengthMs);
    }
  }

  /** @param sound `attended`: the engine has it already */
  #commit(utterance: Utterance, endMs: number, sound: 'new' | 'attended' = 'new'): void {
    this.#utterance = null;
    this.#buffer.commit(utterance, endMs);
    if (sound === 'new') this.#writer.write({ k: 'utterance', utterance: utterance.endedAt(endMs) });
  }
}
