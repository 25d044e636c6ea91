import { Answering } from './answering/answering.js';
import { SideAnswers } from './answering/beside/side-answers.js';
import { Transcripts } from './answering/beside/transcripts.js';
import { Camera } from './seeing/camera.js';
import type { Command } from './commands.js';
import { ContextWriter } from './context/context-writer.js';
import type { ConversationSnapshot, ConversationState } from './conversation.js';
import { Hearing } from './hearing/hearing.js';
import type { ClientIntent } from './intents.js';
import type { MachineInput } from './inputs.js';
import type { LogEntry } from './context/log.js';
import { Requests } from './requests.js';
import { Session, type SessionOptions } from './session.js';
import { Speculation } from './answering/speculation.js';
import { quietFromMs } from './turn-rules/idle-timeout.js';
import type { DetectionSettings } from './turn-rules/policy.js';

/** They change nothing that an answer begun ahead rests on. */
const HARMLESS: ReadonlySet<ClientIntent['k']> = new Set([
  'item_refused',
  'item_retrieve',
  'reading_stopped',
  'response_cancel',
]);

/**
 * One conversation as a pure machine: inputs in, commands out. It reads no clock and sets no timer; whoever drives it
 * sends a `tick` at `nextDeadlineMs`. All `atMs` are on the gateway's clock.
 */
export class ConversationMachine {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #sides: SideAnswers;
  readonly #transcripts: Transcripts;
  readonly #speculation: Speculation;
  readonly #hearing: Hearing;
  readonly #camera: Camera;
  readonly #requests: Requests;
  #closed = false;
  /** A frame has been attended, and it has not been thought about yet. */
  #frameCame = false;

  constructor(options: SessionOptions) {
    this.#session = new Session(options);
    this.#writer = new ContextWriter(this.#session);
    this.#answering = new Answering(this.#session, this.#writer);
    this.#sides = new SideAnswers(this.#session, this.#writer);
    this.#transcripts = new Transcripts(this.#session);
    this.#speculation = new Speculation(this.#session, this.#writer, {
      answering: this.#answering,
      sides: this.#sides,
    });
    const [writer, answering, speculation] = [this.#writer, this.#answering, this.#speculation];
    this.#hearing = new Hearing(this.#session, { writer, answering, speculation });
    this.#camera = new Camera(this.#session, this.#writer);
    const [hearing, camera, sides] = [this.#hearing, this.#camera, this.#sides];
    this.#requests = new Requests(this.#session, { writer, answering, sides, hearing, camera });
  }

  get state(): ConversationState {
    if (this.#closed) return 'closed';
    if (this.#answering.generating) return 'answering';
    if (this.#answering.waiting) return 'committing';
    if (this.#hearing.pausing) return 'pausing';
    if (this.#hearing.speaking) return 'listening';
    return this.#writer.ledger.attending ? 'committing' : 'idle';
  }

  /** When a `tick` is due (gateway clock); null: never, as things are. */
  get nextDeadlineMs(): number | null {
    if (this.#closed) return null;
    const soonest = Math.min(
      this.#answering.deadlineMs ?? Infinity,
      this.#sides.deadlineMs ?? Infinity,
      this.#transcripts.deadlineMs ?? Infinity,
      this.#speculation.deadlineMs ?? Infinity,
      this.#hearing.stallAtMs ?? Infinity,
      this.#camera.deadlineMs ?? Infinity,
      this.#idleAtMs ?? Infinity,
    );
    return Number.isFinite(soonest) ? soonest : null;
  }

  /** Microphone audio before this (media clock) will not be asked for any more. */
  get audioNeededFromMs(): number {
    const { clockOffsetMs } = this.#session;
    const quietFromAtMs = this.#idleAtMs === null ? null : this.#quietFromAtMs;
    if (quietFromAtMs === null || clockOffsetMs === null) return this.#hearing.neededFromMs;
    return Math.min(this.#hearing.neededFromMs, quietFromAtMs - clockOffsetMs);
  }

  /** What the detector is to listen by; null: turns are manual. */
  get detection(): DetectionSettings | null {
    return this.#session.policy?.detection ?? null;
  }

  /** What the context holds, in its order. */
  get log(): readonly LogEntry[] {
    return this.#session.log.entries;
  }

  /** In the engine's context, by its last receipt. */
  get tokens(): number {
    return this.#writer.ledger.headTokens;
  }

  snapshot(): ConversationSnapshot {
    return {
      sessionId: this.#session.sessionId,
      conversationId: this.#session.conversationId,
      state: this.state,
      config: this.#session.config,
      items: this.#session.items.toArray(),
      activeResponseId: this.#answering.activeId,
    };
  }

  /** Once closed it is deaf. */
  handle(input: MachineInput, atMs: number): Command[] {
    if (this.#closed) return [];
    this.#dispatch(input, atMs);
    if (!this.#closed) this.#settle(atMs);
    return this.#session.out.drain();
  }

  #dispatch(input: MachineInput, atMs: number): void {
    switch (input.t) {
      case 'boundary':
        return this.#hearing.boundary(input.boundary, input.lastSpeechPacketAtMs ?? null, atMs);
      case 'audio':
        return this.#hearing.heard(input.startMs, input.endMs, atMs);
      case 'frame':
        return this.#camera.frame(input.segment, atMs);
      case 'window':
        this.#session.maxFrames = input.maxFrames;
        return;
      case 'frame_skipped':
        return this.#camera.skipped(input, atMs);
      case 'intent':
        if (!HARMLESS.has(input.intent.k)) this.#speculation.withdraw('withdrawn', atMs);
        return this.#requests.handle(input.intent, atMs);
      case 'appended':
        return this.#appended(input, atMs);
      case 'judged':
        return this.#hearing.told(input.ref, input.told, atMs);
      case 'append_failed':
        this.#checkSpeculation(input.ref, atMs);
        if (this.#hearing.resends(input.ref)) this.#writer.ledger.appendFailed(input.ref, input.failure);
        else this.#writer.appendFailed(input.ref, input.failure);
        return;
      case 'generation':
        if (this.#speculation.generated(input.responseId, input.event, atMs)) return;
        if (this.#sides.generated(input.responseId, input.event, atMs)) return;
        if (this.#transcripts.generated(input.responseId, input.event, atMs)) return;
        return this.#answering.generated(input.responseId, input.event, atMs);
      case 'generation_failed':
        if (this.#speculation.generationFailed(input.responseId, atMs)) return;
        if (this.#sides.fail(input.responseId, input.failure, atMs)) return;
        if (this.#transcripts.fail(input.responseId, input.failure, atMs)) return;
        if (this.#answering.activeId === input.responseId) this.#answering.fail(input.failure, atMs);
        return;
      case 'context_moved':
        this.#writer.ledger.moved(input.at);
        if (!this.#writer.gated) this.#writer.ledger.makeRoom(0);
        return;
      case 'evicted':
        return this.#writer.ledger.evicted(input.freed, input.dropped);
      case 'redacted':
        return this.#writer.ledger.redacted(input.freed);
      case 'cut':
        return this.#writer.ledger.wasCut(input.freed);
      case 'command_failed':
        if (input.command === 'evict') this.#writer.ledger.evictFailed();
        if (input.command === 'redact') this.#writer.ledger.redactFailed();
        return this.#session.emitError(input.failure);
      case 'tick':
        return this.#tick(atMs);
      case 'close':
        return this.#close(atMs);
    }
  }

  #appended({ ref, receipt }: Extract<MachineInput, { t: 'appended' }>, atMs: number): void {
    this.#frameCame ||= this.#writer.ledger.kindOf(ref) === 'frame';
    this.#writer.appended(ref, receipt);
    this.#hearing.told(ref, receipt, atMs);
  }

  /** What was begun ahead rests on everything that is under way, but not on a frame: one may be missing. */
  #checkSpeculation(failedRef: string, atMs: number): void {
    const kind = this.#writer.ledger.kindOf(failedRef);
    if (kind !== undefined && kind !== 'frame') this.#speculation.withdraw('failed', atMs);
  }

  /** What follows from the new situation, until nothing more does. */
  #settle(atMs: number): void {
    while (this.#step(atMs));
  }

  #step(atMs: number): boolean {
    const failure = this.#writer.takeFailure();
    if (failure) {
      // The response that the question was for is told, also where it has not begun.
      if (this.#next !== null) this.#answering.create(this.#next, atMs);
      const { code, message } = failure;
      if (!this.#answering.fail({ code, message }, atMs) && !failure.told)
        this.#session.emitError({ code, message });
      return true;
    }
    if (this.#speculation.attending && this.#writer.ledger.questionsUnderWay === 0) {
      this.#speculation.generate(atMs);
      return true;
    }
    if (this.#answering.waiting && this.#writer.ledger.questionsUnderWay === 0) {
      this.#answering.begin(atMs);
      return true;
    }
    if (this.#answering.activeId !== null || this.#speculation.live) return false;
    if (this.#writer.gated) {
      this.#writer.open();
      this.#hearing.streamAudio();
      return true;
    }
    const next = this.#next;
    if (next !== null) {
      this.#hearing.letAnswer();
      this.#answering.create(next, atMs);
      return true;
    }
    const idle = !this.#hearing.speaking && this.#writer.ledger.questionsUnderWay === 0;
    if (idle && this.#transcripts.begin(atMs)) return true;
    if (!this.#frameCame) return false;
    this.#frameCame = false;
    if (idle) this.#speculation.beginVisual(atMs);
    return idle;
  }

  /** Which response may be created now; null: none. */
  get #next(): 'wanted' | 'asked' | null {
    const { activeId, wishes } = this.#answering;
    const { wanted, asked } = wishes;
    if (activeId !== null) return null;
    // What was typed and asked about is answered, whoever talks in the room.
    const free = !this.#hearing.speaking || this.#writer.asked;
    if (wanted && this.#sides.joiningId === null && free) return 'wanted';
    return asked && !this.#hearing.speaking ? 'asked' : null;
  }

  /** From when silence counts towards the idle timeout (gateway clock); null: somebody is busy, or it does not count. */
  get #quietFromAtMs(): number | null {
    const { activeId, answeredAtMs, wishes } = this.#answering;
    if (activeId !== null || wishes.wanted || this.#hearing.speaking || this.#speculation.live) return null;
    const { spokeAtMs } = this.#hearing;
    return quietFromMs({ answeredAtMs, readAtMs: this.#session.reading.untilMs, spokeAtMs });
  }

  get #idleAtMs(): number | null {
    const timeoutMs = this.#session.policy?.idleTimeoutMs ?? null;
    const sinceMs = timeoutMs === null ? null : this.#quietFromAtMs;
    return timeoutMs === null || sinceMs === null ? null : sinceMs + timeoutMs;
  }

  #tick(atMs: number): void {
    this.#sides.tick(atMs);
    this.#transcripts.tick(atMs);
    if (this.#speculation.deadlineMs !== null && atMs >= this.#speculation.deadlineMs)
      this.#speculation.withdraw('failed', atMs);
    const { deadlineMs } = this.#answering;
    if (deadlineMs !== null && atMs >= deadlineMs) {
      this.#answering.fail({ code: 'engine_failed', message: 'the engine made no progress' }, atMs);
    }
    const { stallAtMs } = this.#hearing;
    if (stallAtMs !== null && atMs >= stallAtMs) this.#hearing.stalled(atMs);
    const cameraAtMs = this.#camera.deadlineMs;
    // What is redacted may be in the marked context of a try.
    if (cameraAtMs !== null && atMs >= cameraAtMs) this.#speculation.withdraw('withdrawn', atMs);
    this.#camera.tick(atMs);
    const [idleAtMs, quietFromAtMs] = [this.#idleAtMs, this.#quietFromAtMs];
    if (idleAtMs === null || quietFromAtMs === null || atMs < idleAtMs) return;
    if (this.#hearing.timeOut(quietFromAtMs)) this.#answering.wishes.want({ unprompted: true });
    else this.#answering.forgetLast();
  }

  #close(atMs: number): void {
    this.#speculation.withdraw('withdrawn', atMs);
    this.#answering.wishes.drop();
    this.#answering.cancel('client_cancelled', atMs);
    this.#sides.close(atMs);
    this.#transcripts.close();
    this.#closed = true;
    this.#session.out.push({ c: 'close' });
  }
}
