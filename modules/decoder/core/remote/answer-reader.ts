import type { GenEvent } from '#modules/contracts';
import type { MadeCall } from './messages.js';
import type { ToldAnswer } from './remote-log.js';

/** A piece of an answer, as servers stream it. */
export interface AnswerDelta {
  readonly content?: string | null | undefined;
  readonly tool_calls?:
    | readonly {
        readonly index?: number | null | undefined;
        readonly id?: string | null | undefined;
        readonly function?:
          | { readonly name?: string | null | undefined; readonly arguments?: string | null | undefined }
          | null
          | undefined;
      }[]
    | null
    | undefined;
}

type Told = Extract<GenEvent, { t: 'token' | 'call' | 'arguments' }>;

interface CallUnderWay {
  callId: string;
  name: string;
  arguments: string;
  /** Of the events; null: it has not been told, for want of a name. */
  index: number | null;
}

/** Of all calls of an answer, as JSON, with their names and ids: well below what an event of theirs may hold. */
export const MOST_CALL_BYTES = 1 << 15;
/** What a call costs whoever is told of it, beside what it says. */
const CALL_BYTES = 256;

/** Makes events of what a server streams, and keeps what was told. A piece of text counts as one token, however long it is. */
export class AnswerReader implements ToldAnswer {
  readonly genId: string;
  readonly pieces: string[] = [];
  private readonly list: CallUnderWay[] = [];
  private readonly byIndex = new Map<number, CallUnderWay>();
  private readonly newCallId: () => string;
  private callBytes = 0;
  private overflown = false;

  /** @param newCallId for a call to which the server gave none */
  constructor(genId: string, newCallId: () => string) {
    this.genId = genId;
    this.newCallId = newCallId;
  }

  get calls(): readonly MadeCall[] {
    return this.list.filter(({ index }) => index !== null);
  }

  /** Its calls say more than they may: nothing further of them is told. */
  get isTooLong(): boolean {
    return this.overflown;
  }

  get isEmpty(): boolean {
    return this.pieces.length === 0 && this.list.length === 0;
  }

  /** @param tMs since the answer was asked for */
  take(delta: AnswerDelta, tMs: number): Told[] {
    const told: Told[] = [];
    if (delta.content) {
      told.push({ t: 'token', id: this.pieces.length, text: delta.content, tMs });
      this.pieces.push(delta.content);
    }
    for (const part of delta.tool_calls ?? []) this.takeCall(part, tMs, told);
    return told;
  }

  private takeCall(part: NonNullable<AnswerDelta['tool_calls']>[number], tMs: number, told: Told[]): void {
    const { name, arguments: delta } = part.function ?? {};
    if (this.overflown) return;
    // Servers that number none of them tell each whole, or one after the other.
    const number = part.index ?? (name ? this.byIndex.size : Math.max(0, this.byIndex.size - 1));
    let call = this.byIndex.get(number);
    this.callBytes += (call ? 0 : CALL_BYTES) + bytesOf(part.id) + bytesOf(name) + bytesOf(delta);
    this.overflown = this.callBytes > MOST_CALL_BYTES;
    if (this.overflown) return;
    if (!call) {
      call = { callId: part.id || this.newCallId(), name: '', arguments: '', index: null };
      this.byIndex.set(number, call);
      this.list.push(call);
    }
    if (delta) call.arguments += delta;
    if (call.index !== null) {
      if (delta) told.push({ t: 'arguments', index: call.index, delta, tMs });
      return;
    }
    if (!name) return;
    call.name = name;
    call.index = this.calls.length;
    told.push({ t: 'call', index: call.index, callId: call.callId, name, tMs });
    if (call.arguments !== '') told.push({ t: 'arguments', index: call.index, delta: call.arguments, tMs });
  }
}

/** As it is in an event: quotes and what cannot be printed take more than one. */
const bytesOf = (text: string | null | undefined): number =>
  text ? new TextEncoder().encode(JSON.stringify(text)).length - 2 : 0;
