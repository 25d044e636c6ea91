import { Answering } from './answering.js';
import { Camera } from './camera.js';
import type { Command } from './commands.js';
import { ContextWriter } from './context-writer.js';
import type { ConversationSnapshot, ConversationState } from './conversation.js';
import { Hearing } from './hearing.js';
import type { MachineInput } from './inputs.js';
import type { LogEntry } from './log.js';
import { Requests } from './requests.js';
import { Session, type SessionOptions } from './session.js';

/**
 * One conversation as a pure machine: inputs in, commands out. It reads no clock and sets no timer; whoever drives it
 * sends a `tick` at `nextDeadlineMs`. All `atMs` are on the gateway's clock.
 */
export class ConversationMachine {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  readonly #answering: Answering;
  readonly #hearing: Hearing;
  readonly #camera: Camera;
  readonly #requests: Requests;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#session = new Session(options);
    this.#writer = new ContextWriter(this.#session);
    this.#answering = new Answering(this.#session, this.#writer);
    this.#hearing = new Hearing(this.#session, this.#writer, this.#answering);
    this.#camera = new Camera(this.#session, this.#writer);
    this.#requests = new Requests(this.#session, {
      writer: this.#writer,
      answering: this.#answering,
      hearing: this.#hearing,
      camera: this.#camera,
    });
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
    const due = [this.#answering.deadlineMs, this.#hearing.stallAtMs, this.#camera.deadlineMs];
    const deadlines = due.filter((at) => at !== null);
    return deadlines.length > 0 ? Math.min(...deadlines) : null;
  }

  /** Microphone audio before this (media clock) will not be asked for any more. */
  get audioNeededFromMs(): number {
    return this.#hearing.neededFromMs;
  }

  /** What the context holds, in its order. */
  get log(): readonly LogEntry[] {
    return this.#session.log.entries;
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
      case 'frame_skipped':
        return this.#camera.skipped(input.ptsMs, input.reason, atMs);
      case 'intent':
        return this.#requests.handle(input.intent, atMs);
      case 'appended':
        return this.#writer.ledger.appended(input.ref, input.receipt);
      case 'append_failed':
        if (this.#hearing.resends(input.ref)) this.#writer.ledger.appendFailed(input.ref, input.failure);
        else this.#writer.appendFailed(input.ref, input.failure);
        return;
      case 'generation':
        return this.#answering.generated(input.responseId, input.event, atMs);
      case 'generation_failed':
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

  /** What follows from the new situation, until nothing more does. */
  #settle(atMs: number): void {
    while (this.#step(atMs));
  }

  #step(atMs: number): boolean {
    const failure = this.#writer.takeFailure();
    if (failure) {
      // The response that the question was for is told, also where it has not begun.
      if (this.#mayCreate) this.#answering.create(atMs);
      if (!this.#answering.fail(failure, atMs)) this.#session.emitError(failure);
      return true;
    }
    if (this.#answering.waiting && this.#writer.ledger.questionsUnderWay === 0) {
      this.#answering.begin(atMs);
      return true;
    }
    if (this.#answering.activeId !== null) return false;
    if (this.#writer.gated) {
      this.#writer.open();
      this.#hearing.streamAudio();
      return true;
    }
    if (!this.#mayCreate) return false;
    this.#answering.create(atMs);
    return true;
  }

  get #mayCreate(): boolean {
    return this.#answering.activeId === null && this.#answering.wanted && !this.#hearing.speaking;
  }

  #tick(atMs: number): void {
    const { deadlineMs } = this.#answering;
    if (deadlineMs !== null && atMs >= deadlineMs) {
      this.#answering.fail({ code: 'engine_failed', message: 'the engine made no progress' }, atMs);
    }
    const { stallAtMs } = this.#hearing;
    if (stallAtMs !== null && atMs >= stallAtMs) this.#hearing.stalled(atMs);
    this.#camera.tick(atMs);
  }

  #close(atMs: number): void {
    this.#answering.drop();
    this.#answering.cancel('client_cancelled', atMs);
    this.#closed = true;
    this.#session.out.push({ c: 'close' });
  }
}
