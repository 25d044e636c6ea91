import type { Role, Segment } from '#modules/contracts';
import { ContextLedger } from './context-ledger.js';
import type { Failure } from '../inputs.js';
import type { Session } from '../session.js';
import { WriteGate } from './write-gate.js';
import type { EndedUtterance, Write } from './writes.js';

const SAMPLES_PER_MS = 16;

/**
 * Writes the context in the grammar the model knows: the first thing after an answer opens the user's turn, frames come
 * before the question, and while an answer is made or begun ahead everything waits.
 */
export class ContextWriter {
  readonly ledger: ContextLedger;
  readonly #session: Session;
  readonly #gate: WriteGate;
  #turnOpen = false;
  /** Typed questions: they go in when the turn closes, behind the frames that came in the meantime. */
  #tail: (Write & { k: 'question' })[] = [];
  #failure: Failure | null = null;
  #instructions: string | null = null;

  constructor(session: Session) {
    this.#session = session;
    this.#gate = new WriteGate(session);
    this.ledger = new ContextLedger(session);
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
    const asked = writes.some(({ k }) => k === 'question') ? this.#askedTokens : 0;
    const tokens = writes.reduce((sum, write) => sum + this.#tokensOf(write), asked);
    return this.ledger.mayFit(tokens);
  }

  write(write: Write): void {
    if (this.gated) this.#gate.hold(write);
    else this.#put(write);
  }

  /**
   * A run of an utterance that has not ended: the engine encodes it, nothing is attended yet.
   * @param block `predict`: the model is to say whether the turn is over at its end; it may then be empty
   * @returns the append's `ref`
   */
  writeAudioBlock(block: { audioId: string; fromMs: number; toMs: number; predict: boolean }): string {
    this.openTurn();
    const { audioId, fromMs, toMs, predict } = block;
    const ref = `${audioId}@${Math.round(fromMs)}${predict ? '?' : ''}`;
    this.ledger.expect(ref, { kind: 'block', tokens: 0, ptsMs: fromMs });
    // Not 'background': a frame may be shed, sound may not.
    const how = { utterance: audioId, final: false, predict, priority: 'commit' } as const;
    this.#session.out.push({ c: 'append_audio', ref, fromMs, toMs, ...how });
    return ref;
  }

  /** Opens the user's turn, unless it is open. */
  openTurn(): void {
    if (this.#turnOpen) return;
    this.#turnOpen = true;
    if (this.#instructions !== null) {
      const instructions = this.#instructions;
      this.#instructions = null;
      this.#putTurn('system', instructions, null);
    }
    this.#edge('user', 'open');
  }

  closeTurn(): void {
    this.#edge('user', 'close');
    this.#turnOpen = false;
  }

  /** The user's turn is open. */
  get turnOpen(): boolean {
    return this.#turnOpen;
  }

  /** Has something to answer: the user's turn, which is opened where it is not open, or what a tool gave back. */
  openQuestion(): void {
    if (!this.#session.log.endsWithResult) this.openTurn();
  }

  /**
   * Ends what is to be answered.
   * @param instructions for this answer alone; null: the session's, which the context has
   */
  closeQuestion(instructions: string | null): void {
    if (this.#turnOpen) this.closeTurn();
    if (instructions === null || !this.#session.caps.instructions) return;
    this.#putTurn('system', instructions, null);
    this.setInstructions(this.#session.config.instructions);
  }

  /** What came behind a mark was rolled back. @param open whether the user's turn was open there */
  wentBack(open: boolean): void {
    this.#turnOpen = open;
  }

  /** Shortens an answer in the context, once the one that is being made is there. */
  cut(id: string, keepTokens: number): void {
    if (this.gated) this.#gate.cutLater({ id, keepTokens });
    else this.ledger.cut(id, keepTokens);
  }

  /** Whether an utterance would leave room for an answer. */
  fitsUtterance({ startMs, endMs }: EndedUtterance): boolean {
    return this.ledger.fitsQuestion(this.#audioTokens(endMs - startMs));
  }

  /** Attends an utterance in the turn that is open, as `ref`. */
  attendUtterance({ itemId, audioId, startMs, endMs, fromMs }: EndedUtterance, ref: string): void {
    this.#session.log.add({ k: 'audio', id: ref, itemId, span: { startMs, endMs } });
    this.ledger.expect(ref, { kind: 'question', tokens: this.#audioTokens(endMs - startMs), ptsMs: startMs });
    const how = { utterance: audioId, final: true, priority: 'commit' } as const;
    this.#session.out.push({ c: 'append_audio', ref, fromMs, toMs: endMs, ...how });
  }

  /** The engine goes back to where the log was at `position`, inside of the user's turn. */
  takeBack(position: number): void {
    this.ledger.takeBack(position);
    this.#turnOpen = true;
  }

  /** The next turn begins with these. */
  setInstructions(text: string): void {
    this.#instructions = text;
  }

  /** What a client deleted goes from the context, or stays out of it where it had not reached it. */
  forget(itemId: string): void {
    this.#redact(this.#session.log.ofItem(itemId));
    this.#gate.forget(itemId);
    this.#tail = this.#tail.filter((write) => write.itemId !== itemId);
  }

  /** What the camera showed goes from the context, or stays out of it. */
  redactCamera(): void {
    this.#gate.redactCamera();
    this.#redact(this.#session.log.liveFrames());
  }

  appendFailed(ref: string, failure: Failure): void {
    const kind = this.ledger.appendFailed(ref, failure);
    // A frame may be missing; a question with a hole in it is not to be answered.
    if (kind !== undefined && kind !== 'frame') this.#failure = failure;
    if (kind === 'edge') this.#turnOpen = false;
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

  #putTool({ segment, itemId }: Write & { k: 'tool' }): void {
    this.#flushTail();
    if (this.#turnOpen) this.closeTurn();
    if (!this.#checkFit(textTokens(toolText(segment)))) return;
    this.#session.log.add({ k: 'tool', id: segment.id, itemId, of: segment.k });
    this.#send(segment, 'commit');
  }

  #putFrame({ segment, itemId, requested }: Write & { k: 'frame' }): void {
    this.ledger.makeRoom(1);
    if (!this.ledger.fitsFrame()) {
      this.#session.out.emit({ type: 'frame_dropped', ptsMs: segment.ptsMs, reason: 'context_full' });
      return;
    }
    this.openTurn();
    this.#session.log.add({ k: 'frame', id: segment.id, itemId, ptsMs: segment.ptsMs, live: !requested });
    this.#send(segment, requested ? 'commit' : 'background');
  }

  #putUtterance(utterance: EndedUtterance): void {
    const { startMs, endMs } = utterance;
    const otherAudio = this.#tail.some(({ segment }) => segment.k === 'audio');
    this.#flushTail();
    if (!this.#checkFit(this.#audioTokens(endMs - startMs))) return;
    this.openTurn();
    // Audio of another id makes the engine start anew: what it had of this utterance is gone, so it all goes again.
    const audioId = otherAudio ? this.#session.ids.next('audio') : utterance.audioId;
    const fromMs = otherAudio ? startMs : utterance.fromMs;
    this.attendUtterance({ ...utterance, audioId, fromMs }, audioId);
  }

  #putMessage({ role, text, itemId }: Write & { k: 'message' }): void {
    this.#flushTail();
    if (this.#turnOpen) this.closeTurn();
    this.#putTurn(role, text, itemId);
  }

  #putTurn(role: Role, text: string, itemId: string | null): void {
    if (!this.#checkFit(textTokens(text) + 1)) return;
    this.#edge(role, 'open');
    this.#putText({ k: 'text', id: this.#session.ids.next('text'), text }, itemId);
    this.#edge(role, 'close');
  }

  #flushTail(): void {
    const tail = this.#tail;
    this.#tail = [];
    for (const { segment, itemId } of tail) {
      this.openTurn();
      if (segment.k === 'text') this.#putText(segment, itemId);
      else this.#putTypedAudio(segment, itemId);
    }
  }

  #putText(segment: Extract<Segment, { k: 'text' }>, itemId: string | null): void {
    if (!this.#checkFit(textTokens(segment.text))) return;
    this.#session.log.add({ k: 'text', id: segment.id, itemId, text: segment.text });
    this.#send(segment, 'commit');
  }

  #putTypedAudio(segment: Extract<Segment, { k: 'audio' }>, itemId: string): void {
    if (!this.#checkFit(this.#audioTokens(segment.pcm.length / SAMPLES_PER_MS))) return;
    this.#session.log.add({ k: 'audio', id: segment.id, itemId, span: null });
    this.#send(segment, 'commit');
  }

  #edge(role: Role, edge: 'open' | 'close'): void {
    const id = this.#session.ids.next('turn');
    this.#session.log.add({ k: 'turn', id, role, edge });
    this.#send({ k: 'turn', id, role, edge }, 'commit');
  }

  #send(segment: Segment, priority: 'commit' | 'background'): void {
    this.ledger.expect(segment.id, this.#estimate(segment));
    this.#session.out.push({ c: 'append', ref: segment.id, segment, priority });
  }

  /** Of the questions that wait until a response is asked for, in the tail and behind the gate. */
  get #askedTokens(): number {
    return [...this.#tail, ...this.#gate.questions].reduce((sum, write) => sum + this.#tokensOf(write), 0);
  }

  /** Pictures and what is spoken are fitted in when they come, old ones going. */
  #tokensOf(write: Write): number {
    if (write.k === 'message') return textTokens(write.text);
    return write.k === 'question' || write.k === 'tool' ? this.#estimate(write.segment).tokens : 0;
  }

  #estimate(segment: Segment): Parameters<ContextLedger['expect']>[1] {
    switch (segment.k) {
      case 'turn':
        return { kind: 'edge', tokens: 1, ptsMs: 0 };
      case 'text':
        return { kind: 'question', tokens: textTokens(segment.text), ptsMs: 0 };
      case 'call':
      case 'result':
        return { kind: 'question', tokens: textTokens(toolText(segment)), ptsMs: 0 };
      case 'frame':
        return { kind: 'frame', tokens: this.#session.caps.tokensPerFrame + 1, ptsMs: segment.ptsMs };
      case 'audio': {
        const tokens = this.#audioTokens(segment.pcm.length / SAMPLES_PER_MS);
        return { kind: 'question', tokens, ptsMs: segment.ptsMs };
      }
    }
  }

  #checkFit(tokens: number): boolean {
    if (this.ledger.fitsQuestion(tokens)) return true;
    this.#failure = { code: 'context_full', message: 'the question does not fit into the context' };
    return false;
  }

  #audioTokens(durationMs: number): number {
    return Math.ceil((durationMs / 1000) * this.#session.caps.audioTokensPerSecond) + 1;
  }
}

function toolText(segment: Extract<Segment, { k: 'call' | 'result' }>): string {
  return segment.k === 'call' ? segment.name + segment.arguments : segment.output;
}

/** An estimate on the safe side: a token is rarely shorter than two characters. */
function textTokens(text: string): number {
  return Math.ceil(text.length / 2);
}
