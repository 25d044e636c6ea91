import type { Answering } from '../answering/answering.js';
import type { ContextWriter } from '../context/context-writer.js';
import { Attention } from './attention.js';
import { InputAudioBuffer } from './input-audio-buffer.js';
import type { Boundary, Failure, Told } from '../inputs.js';
import { Interruption } from './interruption.js';
import type { Session } from '../session.js';
import type { Speculation } from '../answering/speculation.js';
import type { TurnPolicy } from '../turn-rules/policy.js';
import { Utterance } from './utterance.js';

/** Sound (ms) before the caller's first that belongs to his turn, where others were heard before. */
const OUTSHONE_PADDING_MS = 100;

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
  readonly #attention: Attention;
  readonly #buffer: InputAudioBuffer;
  readonly #interruption: Interruption;
  #utterance: Utterance | null = null;
  #spokeAtMs = 0;

  constructor(session: Session, { writer, answering, speculation }: HearingParts) {
    this.#session = session;
    this.#writer = writer;
    this.#answering = answering;
    this.#speculation = speculation;
    this.#attention = new Attention(session, { answering, speculation });
    this.#buffer = new InputAudioBuffer(session);
    this.#interruption = new Interruption(session, answering);
  }

  get speaking(): boolean {
    return this.#utterance !== null;
  }

  get pausing(): boolean {
    return Boolean(this.#utterance?.pause);
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
    this.#session.heardToMs = endMs;
    const utterance = this.#utterance;
    if (!utterance) return;
    if (endMs - utterance.startMs > this.#session.settings.maxUtteranceMs) this.#cut(utterance, atMs);
    this.#interruption.heard(utterance, endMs, atMs);
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
    // A pause that is attended has its answer from that; behind the gate nothing can be asked.
    if (this.#attention.asksEar) utterance.ask(this.#writer);
  }

  /** An answer is made while somebody speaks: what goes on behind it is another turn, which the utterance goes into as a whole. */
  letAnswer(): void {
    this.#utterance?.sendAgain();
  }

  /** The engine lost a block. @returns false: it is too late to send it again, or it is no block of the utterance */
  resends(ref: string): boolean {
    return this.#utterance?.resends(ref) ?? false;
  }

  /** Somebody tells something of a sound: the model's ear of an append (`ref`), or whoever was to judge it. */
  told(ref: string, told: Told, atMs: number): void {
    const utterance = this.#utterance;
    if (!utterance?.heardBy(ref, told) && !utterance?.judged(ref, told)) return;
    this.#attention.adapt(utterance);
    this.#interruption.decide(utterance, atMs);
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
        if (utterance) this.#interruption.established(utterance, boundary, atMs);
        return;
      case 'speech_outshone':
        if (utterance) this.#startAnew(utterance, boundary.startMs, { policy, atMs });
        return;
      case 'tentative_pause':
        if (utterance && !utterance.pause) this.#pause(utterance, boundary, atMs);
        return;
      case 'resume':
        if (utterance?.pause) this.#resume(utterance, boundary.atMs, atMs);
        return;
      case 'misfire':
        return this.#misfire(boundary.atMs, atMs);
      case 'speech_end':
        if (utterance) this.#end(utterance, boundary, { lastSpeechPacketAtMs, atMs });
    }
  }

  /** A client ends the utterance by hand. @returns why that is not possible. */
  commit(atMs: number): Failure | null {
    const manual = this.#session.config.turnDetection === null;
    const { manualBufferMs } = this.#session.settings;
    const startMs = manual ? this.#buffer.newestFrom(manualBufferMs) : (this.#utterance?.startMs ?? null);
    const failure = this.#buffer.emptyFrom(startMs);
    if (failure || startMs === null) return failure;
    const utterance = manual ? this.#begin(startMs) : this.#utterance;
    const endMs = this.nowMs;
    if (utterance && manual) this.#commitPieces(utterance, endMs);
    else if (utterance) {
      this.#stop(utterance, endMs, endMs);
      this.#attention.reset();
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
    const span = this.#buffer.silenceSince(sinceAtMs);
    if (!span) return false;
    const silence = this.#begin(span.startMs);
    const { startMs: audioStartMs, endMs: audioEndMs } = span;
    this.#session.out.emit({ type: 'timeout_triggered', itemId: silence.itemId, audioStartMs, audioEndMs });
    this.#commit(silence, audioEndMs);
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
    this.#attention.forget();
    this.#session.out.push({ c: 'detect', settings });
  }

  #startSpeech({ startMs }: Boundary & { t: 'speech_start' }, policy: TurnPolicy, atMs: number): void {
    const effect = this.#interruption.effectOf(policy, atMs);
    if (effect === 'ignore') return;
    this.#speculation.withdraw('withdrawn', atMs);
    this.#interruption.begin(effect, atMs);
    this.#spokeAtMs = atMs;
    this.#start(startMs - policy.detection.prefixPaddingMs, startMs);
  }

  /** Somebody softer was heard before the caller: that is no part of the utterance. */
  #startAnew(
    { itemId, startMs: heardFromMs }: Utterance,
    speechFromMs: number,
    { policy, atMs }: { policy: TurnPolicy; atMs: number },
  ): void {
    this.#speculation.withdraw('withdrawn', atMs);
    this.#interruption.begin(this.#interruption.effectOf(policy, atMs), atMs);
    this.#begin(Math.max(heardFromMs, speechFromMs - OUTSHONE_PADDING_MS), itemId, speechFromMs);
    this.streamAudio();
  }

  #pause(utterance: Utterance, pause: Boundary & { t: 'tentative_pause' }, atMs: number): void {
    utterance.pausedAt(pause, this.nowMs);
    this.#attention.adapt(utterance);
    if (this.#attention.asksJudge) this.#interruption.ask(utterance);
    const answered = this.#session.policy?.createResponse === true || this.#answering.wishes.wanted;
    if (answered && utterance.pause)
      this.#speculation.beginSpeech(utterance.endedAt(utterance.pause.endMs), atMs);
    this.streamAudio();
  }

  #resume(utterance: Utterance, heardToMs: number, atMs: number): void {
    this.#speculation.withdraw('resumed', atMs);
    utterance.resumed(heardToMs);
    this.#attention.reset();
  }

  #start(wishedStartMs: number, speechFromMs = wishedStartMs): void {
    const startMs = Math.max(wishedStartMs, this.#buffer.span?.startMs ?? wishedStartMs);
    const utterance = this.#begin(startMs, this.#session.ids.next('item'), speechFromMs);
    const { itemId } = utterance;
    this.#session.out.emit({ type: 'speech_started', itemId, audioStartMs: startMs });
    this.streamAudio();
  }

  #begin(startMs: number, itemId = this.#session.ids.next('item'), speechFromMs = startMs): Utterance {
    this.#utterance = new Utterance(this.#session, startMs, itemId, speechFromMs);
    return this.#utterance;
  }

  /** Whoever spoke did not speak to the model. */
  #dismiss(audioEndMs: number, atMs: number): void {
    this.#session.out.push({ c: 'disown' });
    this.#misfire(audioEndMs, atMs);
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
    utterance.end();
    // Nothing but a cough, or an "uh-huh": the answer that it seemed to interrupt goes on.
    const meant = this.#interruption.decide(utterance, atMs);
    const nobodys = this.#attention.isForNobody(utterance);
    if (nobodys) this.#attention.letGo(utterance);
    if (!meant || nobodys) return this.#dismiss(end.atMs, atMs);
    const answered = this.#session.policy?.createResponse === true || this.#answering.wishes.wanted;
    if (!answered || !utterance.pause) this.#speculation.withdraw('withdrawn', atMs);
    const ahead = this.#speculation.live;
    // Assumed silence has no audio behind it.
    const endMs = utterance.pause?.endMs ?? utterance.endFor(end.speechEndMs, Math.min(end.atMs, this.nowMs));
    const { itemId } = utterance;
    this.#attention.turnEnded(utterance, end.speechEndMs);
    this.#silent(atMs);
    this.#stop(utterance, end.atMs, endMs, ahead ? 'attended' : 'new');
    if (answered) {
      const { speechEndMs } = end;
      const turn = { itemId, speechEndMs, lastSpeechPacketAtMs, vadEndAtMs: atMs, commitAtMs: atMs };
      this.#answering.wishes.want({ turn, ...(!ahead && { speculation: this.#speculation.endTurn() }) });
    }
    this.#speculation.confirm(atMs);
  }

  #silent(atMs: number): void {
    this.#utterance = null;
    this.#spokeAtMs = atMs;
    this.#attention.reset();
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
