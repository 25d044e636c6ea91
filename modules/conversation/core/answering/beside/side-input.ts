import type { AsideSegment, Role } from '#modules/contracts';
import { DEFAULT_VIDEO } from '../../config.js';
import type { Failure } from '../../inputs.js';
import type { InputItem, NewContent } from '../../intents.js';
import type { MessageItem } from '../../items/items.js';
import { contentProblem, contentSegment, textOf } from '../../items/new-content.js';
import type { Session } from '../../session.js';

/** What a response reads in place of the conversation, in the grammar of a context. */
export interface SideInput {
  readonly segments: readonly AsideSegment[];
  /** Tokens, as far as they are known. */
  readonly reads: { readonly audio: number; readonly image: number };
}

/** Why it cannot be read; `param` names the item. */
export interface SideProblem extends Failure {
  readonly param: string;
}

/**
 * Puts a context together from items of the client and of the conversation: what the user said in a row is one turn, with
 * its frames first, and there is something to answer at the end. What is asked without a picture is asked of what camera and
 * screen show: that is the session's, whatever the conversation is about.
 */
export class SideInputBuilder {
  readonly #session: Session;
  readonly #ptsMs: number;
  readonly #segments: AsideSegment[] = [];
  #frames: AsideSegment[] = [];
  #question: AsideSegment[] = [];
  #userOpen = false;
  #reads = { audio: 0, image: 0 };

  /** @param ptsMs of media that is given now */
  constructor(session: Session, ptsMs: number) {
    this.#session = session;
    this.#ptsMs = ptsMs;
  }

  build(input: readonly InputItem[]): SideInput | SideProblem {
    for (const [index, item] of input.entries()) {
      const problem = this.#take(item);
      if (problem) return { ...problem, param: `response.input.${index}` };
    }
    if (this.#userOpen) this.#look();
    if (this.#segments.at(-1)?.k !== 'result' || this.#userOpen) this.#user();
    this.#closeUser();
    return { segments: this.#segments, reads: this.#reads };
  }

  #take(item: InputItem): Failure | null {
    switch (item.type) {
      case 'message':
        return this.#newMessage(item.role, item.content);
      case 'function_call': {
        const { callId, name } = item;
        return this.#tool({ k: 'call', id: this.#id('call'), callId, name, arguments: item.arguments });
      }
      case 'function_call_output':
        return this.#tool({ k: 'result', id: this.#id('result'), callId: item.callId, output: item.output });
      case 'item_reference':
        return this.#reference(item.itemId);
    }
  }

  #newMessage(role: Role, content: readonly NewContent[]): Failure | null {
    const problem = contentProblem({ role, content });
    if (problem) return { code: 'invalid_event', message: problem };
    if (role !== 'user') return this.#turn(role, content.map(textOf).join('\n'));
    this.#user();
    for (const part of content) {
      if (part.type === 'output_text') continue;
      const segment = contentSegment(part, this.#session.ids, this.#ptsMs);
      if (segment.k === 'frame') this.#frame(segment);
      else this.#question.push(segment);
      if (segment.k === 'audio') this.#hear(segment.pcm.length / 16);
    }
    return null;
  }

  #reference(itemId: string): Failure | null {
    const item = this.#session.items.get(itemId);
    if (!item) return { code: 'item_not_found', message: `there is no item ${itemId}` };
    if (item.type === 'message') return this.#message(item);
    if (item.type === 'function_call') {
      const { callId, name } = item;
      return this.#tool({ k: 'call', id: this.#id('call'), callId, name, arguments: item.arguments });
    }
    return this.#tool({ k: 'result', id: this.#id('result'), callId: item.callId, output: item.output });
  }

  #message({ id, role, content }: MessageItem): Failure | null {
    if (role !== 'user') return this.#turn(role, content.map(textOf).join('\n'));
    const media = this.#session.log.mediaOf(id);
    this.#user();
    for (const part of content) {
      if (part.type === 'input_text') {
        this.#question.push({ k: 'text', id: this.#id('text'), text: part.text });
        continue;
      }
      if (part.type === 'output_text') continue;
      const kind = part.type === 'input_image' ? 'frame' : 'audio';
      const at = media.findIndex(({ k }) => k === kind);
      const [known] = at < 0 ? [] : media.splice(at, 1);
      if (!known)
        return { code: 'item_not_found', message: `the media of item ${id} is gone from the context` };
      const segment = { k: 'known', id: known.id } as const;
      if (kind === 'frame') this.#frame(segment);
      else this.#question.push(segment);
      if (kind === 'audio') this.#reads = { ...this.#reads, audio: this.#reads.audio + (known.tokens ?? 0) };
    }
    return null;
  }

  /** A model without instructions knows no system turns. */
  #turn(role: Role, text: string): null {
    if (role === 'system' && !this.#session.caps.instructions) return null;
    this.#closeUser();
    const id = this.#id('turn');
    this.#segments.push(
      { k: 'turn', id, role, edge: 'open' },
      { k: 'text', id: this.#id('text'), text },
      { k: 'turn', id, role, edge: 'close' },
    );
    return null;
  }

  /** A model that calls no tools knows no calls. */
  #tool(segment: Extract<AsideSegment, { k: 'call' | 'result' }>): null {
    if (!this.#session.caps.tools) return null;
    this.#closeUser();
    this.#segments.push(segment);
    return null;
  }

  #look(): void {
    const { log, config } = this.#session;
    if (this.#reads.image > 0) return;
    for (const { id } of log.newestLive((config.video ?? DEFAULT_VIDEO).shown))
      this.#frame({ k: 'known', id });
  }

  #frame(segment: AsideSegment): void {
    this.#frames.push(segment);
    const image = this.#reads.image + this.#session.caps.tokensPerFrame + 1;
    this.#reads = { ...this.#reads, image };
  }

  #hear(ms: number): void {
    const tokens = Math.ceil((ms / 1000) * this.#session.caps.audioTokensPerSecond) + 1;
    this.#reads = { ...this.#reads, audio: this.#reads.audio + tokens };
  }

  #user(): void {
    this.#userOpen = true;
  }

  #closeUser(): void {
    if (!this.#userOpen) return;
    const id = this.#id('turn');
    this.#segments.push({ k: 'turn', id, role: 'user', edge: 'open' }, ...this.#frames, ...this.#question);
    this.#segments.push({ k: 'turn', id, role: 'user', edge: 'close' });
    [this.#userOpen, this.#frames, this.#question] = [false, [], []];
  }

  #id(prefix: string): string {
    return this.#session.ids.next(prefix);
  }
}
