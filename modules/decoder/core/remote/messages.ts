import type { Role } from '#modules/contracts';
import type { LogEntry } from '../context/log-entry.js';

/** JSON that is put into a request as it stands: written once for each medium, and the same bytes in every request. */
export class Json {
  /** UTF-8. */
  readonly bytes: Uint8Array;

  /** @param isSound it is a sound, which a server has to listen to */
  constructor(
    text: string,
    readonly isSound = false,
  ) {
    this.bytes = new TextEncoder().encode(text);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** A call as it was made. */
export interface MadeCall {
  readonly callId: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

/** What an accepted answer says. */
export interface Said {
  readonly text: string;
  readonly calls: readonly MadeCall[];
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: readonly Json[] }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly {
        readonly id: string;
        readonly type: 'function';
        readonly function: { readonly name: string; readonly arguments: string };
      }[];
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** What the entries of a log stand for. */
export interface Contents {
  /** The parts of a frame or of an utterance (by the id of its last block); null: it has none. */
  medium(id: string): Json | null;
  said(genId: string): Said | null;
}

export interface MessageOptions {
  /** The session's system prompt. */
  readonly system: string;
  /** System turns stand where they came; else all of them stand at the head, since the server takes them nowhere else. */
  readonly systemAmid: boolean;
}

/** Of a turn in which nothing was said or shown. */
const NOTHING = '…';
/** Of a call whose result has not come: servers want one for each. */
const NO_RESULT = '(no result yet)';

/**
 * The message list of a context: a pure function of its log. What is appended to the log is appended to the list, or to the
 * content of its last message, so that whatever was sent before is a prefix of it. User turns that no answer parts are one
 * message: many chat templates want the roles to alternate.
 */
export function toMessages(
  entries: readonly (LogEntry | null)[],
  contents: Contents,
  o: MessageOptions,
): ChatMessage[] {
  const list = new MessageList(resultsOf(entries));
  if (o.system !== '') list.system(o.system, false);
  let open: { role: Role; texts: string[]; parts: number } | null = null;
  for (const entry of entries) {
    if (!entry) continue;
    const { content } = entry;
    if (content.k === 'answer') {
      list.said(contents.said(content.id) ?? { text: '', calls: [] });
      continue;
    }
    const { segment } = content;
    switch (segment.k) {
      case 'turn':
        if (segment.edge === 'open') open = { role: segment.role, texts: [], parts: 0 };
        else if (open) {
          if (open.role === 'system') list.system(open.texts.join('\n'), o.systemAmid);
          else if (open.role === 'assistant') list.said({ text: open.texts.join('\n'), calls: [] });
          else if (open.parts === 0) list.user(textPart(NOTHING));
          open = null;
        }
        break;
      case 'text':
        if (open && open.role !== 'user') open.texts.push(segment.text);
        else list.user(textPart(segment.text));
        if (open) open.parts += 1;
        break;
      case 'frame':
      case 'audio': {
        const part = contents.medium(segment.id);
        if (part && segment.k === 'frame' && segment.source === 'screen') list.user(SCREEN);
        if (part) list.user(part);
        if (part && open) open.parts += 1;
        break;
      }
      case 'call':
        list.called(segment);
        break;
      case 'result':
        list.result(segment.callId);
    }
  }
  return list.messages;
}

export const textPart = (text: string): Json => new Json(JSON.stringify({ type: 'text', text }));

/** Stands before each picture of the screen; the camera's come as they are. */
export const SCREEN_MARK = 'On the shared screen:';
const SCREEN = textPart(SCREEN_MARK);

/** The words of a part that is text; null: it is none. */
export function wordsOf({ text }: Json): string | null {
  const part = JSON.parse(text) as { type: string; text?: string };
  return part.type === 'text' ? (part.text ?? '') : null;
}

/** Whether the last that was said to the model is a sound, or has one. */
export function endsInSound(messages: readonly ChatMessage[]): boolean {
  const last = messages.at(-1);
  return last?.role === 'user' && last.content.some(({ isSound }) => isSound);
}

type Mutable = { role: 'user'; content: Json[] };

class MessageList {
  readonly messages: ChatMessage[] = [];
  private readonly results: ReadonlyMap<string, string>;
  private readonly called_ = new Set<string>();

  constructor(results: ReadonlyMap<string, string>) {
    this.results = results;
  }

  system(content: string, amid: boolean): void {
    const [first] = this.messages;
    if (amid && this.messages.length > 0) this.messages.push({ role: 'system', content });
    else if (first?.role === 'system')
      this.messages[0] = { role: 'system', content: `${first.content}\n\n${content}` };
    else this.messages.unshift({ role: 'system', content });
  }

  user(part: Json): void {
    const last = this.messages.at(-1);
    if (last?.role === 'user') (last as Mutable).content.push(part);
    else this.messages.push({ role: 'user', content: [part] });
  }

  /** An answer of which nothing was heard is none. */
  said({ text, calls }: Said): void {
    if (text === '' && calls.length === 0) return;
    const tool_calls = calls.map(toToolCall);
    this.messages.push({
      role: 'assistant',
      content: text === '' ? null : text,
      ...(tool_calls.length > 0 && { tool_calls }),
    });
    for (const call of calls) this.answered(call.callId);
  }

  /** Calls that follow one another, or the words that led to them, are one message. */
  called(call: MadeCall): void {
    const at = this.messages.findLastIndex(({ role }) => role !== 'tool');
    const last = this.messages[at];
    const between = this.messages.slice(at + 1).every(({ role }) => role === 'tool');
    if (last?.role === 'assistant' && between) {
      const tool_calls = [...(last.tool_calls ?? []), toToolCall(call)];
      this.messages[at] = { ...last, tool_calls };
    } else this.messages.push({ role: 'assistant', content: null, tool_calls: [toToolCall(call)] });
    this.answered(call.callId);
  }

  /** A result stands behind its call, whenever it came; one whose call is gone is told in words. */
  result(callId: string): void {
    if (this.called_.has(callId)) return;
    this.user(textPart(`${this.results.get(callId) ?? ''}`));
  }

  private answered(callId: string): void {
    this.called_.add(callId);
    this.messages.push({
      role: 'tool',
      tool_call_id: callId,
      content: this.results.get(callId) ?? NO_RESULT,
    });
  }
}

function toToolCall({ callId, name, arguments: args }: MadeCall) {
  return { id: callId, type: 'function' as const, function: { name, arguments: args } };
}

function resultsOf(entries: readonly (LogEntry | null)[]): ReadonlyMap<string, string> {
  const segments = entries.flatMap((entry) =>
    entry?.content.k === 'segment' ? [entry.content.segment] : [],
  );
  return new Map(
    segments.flatMap((segment) =>
      segment.k === 'result' ? [[segment.callId, segment.output] as const] : [],
    ),
  );
}
