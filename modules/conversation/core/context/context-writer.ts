import type { AppendReceipt, Segment, VideoSource } from '#modules/contracts';
import { ContextLedger } from './context-ledger.js';
import { tokensOf } from './estimates.js';
import type { Failure } from '../inputs.js';
import type { Session } from '../session.js';
import { SoundWriter } from './sound-writer.js';
import { Turns } from './turns.js';
import { WriteGate } from './write-gate.js';
import type { EndedUtterance, ItemWrite, Write } from './writes.js';

const NO_ROOM: Failure = { code: 'context_full', message: 'there is no room for it in the context' };

/**
 * Writes the context in the grammar the model knows: the first thing after an answer opens the user's turn, frames come
 * before the question, and while an answer is made or begun ahead everything waits.
 */
export class ContextWriter {
  readonly ledger: ContextLedger;
  readonly turns: Turns;
  /** What the microphone heard. */
  readonly sound: SoundWriter;
  readonly #session: Session;
  readonly #gate: WriteGate;
  /** Typed questions: they go in when the turn closes, behind the frames that came in the meantime. */
  #tail: (Write & { k: 'question' })[] = [];
  /** What is on its way to the engine and came with an item, by the segment's id. */
  readonly #sent = new Map<string, ItemWrite>();
  #failure: Failure | null = null;
  /** Why the engine refused the last edge of a turn: what was to stand in that turn it refuses as out of place. */
  #edgeFailure: Failure | null = null;
  #questionRefused = false;

  constructor(session: Session) {
    this.#session = session;
    this.#gate = new WriteGate(session);
    this.ledger = new ContextLedger(session);
    this.turns = new Turns(session, this.ledger);
    this.sound = new SoundWriter(session, this.ledger, this.turns);
  }

  /** True while an answer is made or begun ahead. */
  get gated(): boolean {
    return this.#gate.closed;
  }

  /** Nothing waits, and nothing went wrong. */
  get upToDate(): boolean {
    return !this.gated && this.#tail.length === 0 && this.#failure === null;
  }

  /** A typed question is there that nothing has answered. */
  get asked(): boolean {
    return this.#tail.length > 0;
  }

  /** Start of the oldest utterance that waits (media clock); Infinity: none does. */
  get audioNeededFromMs(): number {
    return this.#gate.audioNeededFromMs;
  }

  /** Why a part of a question did not get in; once. */
  takeFailure(): Failure | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  /** Writes what is left of the question; from then on nothing, until `open`. */
  gate(): void {
    this.#flushTail();
    this.#gate.close();
  }

  open(): void {
    const { condemned, cuts, waiting } = this.#gate.open();
    for (const { id, keepTokens } of cuts) this.ledger.cut(id, keepTokens);
    if (condemned.length > 0) this.ledger.redact(condemned);
    for (const write of waiting) this.#put(write);
  }

  /**
   * Whether what an item brings could be read at all; of a question, beside all that waits to be asked: a client that never
   * asks for a response could have any amount of sound kept.
   */
  mayFit(writes: readonly Write[]): boolean {
    const asked = writes.some(({ k }) => k === 'question') ? this.#tokensOf(this.#asked) : 0;
    return this.ledger.mayFit(this.#tokensOf(writes) + asked);
  }

  write(write: Write): void {
    if (write.k !== 'frame' || write.requested) this.#questionRefused = false;
    if (this.gated) this.#gate.hold(write);
    else this.#put(write);
  }

  /** What was to be answered next was refused, so that it is not here. */
  refusedQuestion(): void {
    this.#questionRefused = true;
  }

  /** Once, where what was to be answered was refused, and nothing else is there that nobody has answered. */
  takeRefusal(): boolean {
    const refused = this.#questionRefused && this.#asked.length === 0 && !this.#session.log.asks;
    this.#questionRefused = false;
    return refused;
  }

  /** Has something to answer: the user's turn, which is opened where it is not open, or what a tool gave back. */
  openQuestion(): void {
    if (!this.#session.log.endsWithResult) this.turns.open();
  }

  /**
   * Ends what is to be answered.
   * @param instructions for this answer alone; null: the session's, which the context has
   */
  closeQuestion(instructions: string | null): void {
    this.turns.close();
    if (instructions === null || !this.#session.caps.instructions) return;
    this.turns.whole('system', { text: instructions, itemId: null });
    this.turns.setInstructions(this.#session.config.instructions);
  }

  /** Shortens an answer in the context, once the one that is being made is there. */
  cut(id: string, keepTokens: number): void {
    if (this.gated) this.#gate.cutLater({ id, keepTokens });
    else this.ledger.cut(id, keepTokens);
  }

  /** The engine goes back to where the log was at `position`, inside of the user's turn. */
  takeBack(position: number): void {
    this.ledger.takeBack(position);
    this.turns.wentTo(true);
  }

  /** The context has a client's own text by this item, or will have: it has no tokens of ours, by which it could be cut. */
  hasWritten(itemId: string): boolean {
    const { entries } = this.#session.log;
    return this.#gate.holds(itemId) || entries.some((entry) => entry.k === 'text' && entry.itemId === itemId);
  }

  /** What a client deleted goes from the context, or stays out of it where it had not reached it. */
  forget(itemId: string): void {
    this.#redact(this.#session.log.ofItem(itemId));
    this.#gate.forget(itemId);
    this.#tail = this.#tail.filter((write) => write.itemId !== itemId);
  }

  /** What the camera or the screen showed goes from the context, or stays out of it. */
  redactVideo(source: VideoSource): void {
    this.#gate.redactVideo(source);
    this.#redact(this.#session.log.liveFrames(source));
  }

  appended(ref: string, receipt: AppendReceipt): void {
    this.#sent.delete(ref);
    if (this.ledger.kindOf(ref) === 'edge') this.#edgeFailure = null;
    this.ledger.appended(ref, receipt);
  }

  appendFailed(ref: string, reason: Failure): void {
    const failure = reason.code === 'bad_request' ? (this.#edgeFailure ?? reason) : reason;
    const kind = this.ledger.appendFailed(ref, failure);
    const write = this.#sent.get(ref);
    this.#sent.delete(ref);
    if (kind === 'edge') {
      this.#edgeFailure = failure;
      this.turns.edgeRefused();
    }
    // A frame may be missing; a question with a hole in it is not to be answered.
    if (kind === undefined || kind === 'frame') return;
    if (write && failure.code === 'context_full') this.#refuse([write], failure);
    else this.#fail(failure);
  }

  #fail(failure: Failure): void {
    this.#failure = failure;
    this.#questionRefused = true;
  }

  /** An answer that is being made ends as it began: what it knows is taken out behind it. */
  #redact(ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (this.gated) this.#gate.condemn(ids);
    else this.ledger.redact(ids);
  }

  #put(write: Write): void {
    switch (write.k) {
      case 'frame':
        return this.#putFrame(write);
      case 'question':
        this.#tail.push(write);
        return;
      case 'utterance':
        return this.#putUtterance(write.utterance);
      case 'tool':
        return this.#putTool(write);
      case 'message':
        return this.#putMessage(write);
    }
  }

  #putTool(write: Write & { k: 'tool' }): void {
    this.#flushTail();
    this.turns.close();
    if (!this.#makeRoom([write])) return;
    const { segment, itemId } = write;
    this.#session.log.add({ k: 'tool', id: segment.id, itemId, of: segment.k });
    this.#send(segment, write);
  }

  #putMessage(write: Write & { k: 'message' }): void {
    this.#flushTail();
    this.turns.close();
    if (!this.#makeRoom([write])) return;
    const { role, text, itemId } = write;
    this.#sent.set(this.turns.whole(role, { text, itemId }), write);
  }

  #putFrame({ segment, itemId, requested }: Write & { k: 'frame' }): void {
    const { id, ptsMs } = segment;
    const source = requested ? null : (segment.source ?? 'camera');
    this.ledger.makeRoom(1, { needed: requested, opening: !this.turns.isOpen });
    if (!this.ledger.fitsFrame()) {
      const dropped = { type: 'frame_dropped', ptsMs, reason: 'context_full' } as const;
      this.#session.out.emit({ ...dropped, ...(source && { source }) });
      return;
    }
    this.turns.open();
    this.#session.log.add({ k: 'frame', id, itemId, ptsMs, source });
    this.turns.send(segment, requested ? 'commit' : 'background');
  }

  #putUtterance(utterance: EndedUtterance): void {
    const otherAudio = this.#tail.some(({ segment }) => segment.k === 'audio');
    this.#flushTail();
    if (!this.sound.makeRoomFor(utterance)) {
      this.#fail(NO_ROOM);
      return;
    }
    this.turns.open();
    // Audio of another id makes the engine start anew: what it had of this utterance is gone, so it all goes again.
    const audioId = otherAudio ? this.#session.ids.next('audio') : utterance.audioId;
    const fromMs = otherAudio ? utterance.startMs : utterance.fromMs;
    this.sound.attend({ ...utterance, audioId, fromMs }, audioId);
  }

  /** All of it, or nothing: half a question is another one. */
  #flushTail(): void {
    const tail = this.#tail;
    this.#tail = [];
    if (tail.length === 0 || !this.#makeRoom(tail, !this.turns.isOpen)) return;
    this.turns.open();
    for (const write of tail) {
      const { segment, itemId } = write;
      if (segment.k === 'text')
        this.#session.log.add({ k: 'text', id: segment.id, itemId, text: segment.text });
      else this.#session.log.add({ k: 'audio', id: segment.id, itemId, span: null });
      this.#send(segment, write);
    }
  }

  #send(segment: Segment, write: ItemWrite): void {
    this.#sent.set(segment.id, write);
    this.turns.send(segment, 'commit');
  }

  /**
   * @param opening it opens the user's turn
   * @returns false: there is none, and what was to be written is refused
   */
  #makeRoom(writes: readonly ItemWrite[], opening = false): boolean {
    const tokens = this.#tokensOf(writes) + (opening ? this.turns.newTokens : 0);
    if (this.ledger.makeRoomFor(tokens, opening)) return true;
    this.#refuse(writes, NO_ROOM);
    return false;
  }

  /** Takes items back that were taken for readable when they came: the model is never to read them. */
  #refuse(writes: readonly ItemWrite[], failure: Failure): void {
    for (const { itemId, clientEventId = null } of writes) {
      if (!this.#session.items.delete(itemId)) continue;
      this.forget(itemId);
      this.#session.emitError(failure, 'item', clientEventId);
      this.#session.out.emit({ type: 'item_deleted', itemId });
    }
    this.#fail({ ...failure, told: true });
  }

  /** Questions that wait until a response is asked for, in the tail and behind the gate. */
  get #asked(): readonly Write[] {
    return [...this.#tail, ...this.#gate.questions];
  }

  #tokensOf(writes: readonly Write[]): number {
    return writes.reduce((sum, write) => sum + tokensOf(write, this.#session.caps), 0);
  }
}
