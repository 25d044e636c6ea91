import type { Role } from '#modules/contracts';

/** One part of a message. Media is described, never carried. Times are ms on the session's media clock. */
export type ItemContent =
  | { readonly type: 'input_text'; readonly text: string }
  | {
      readonly type: 'input_audio';
      /** Null until it is written down, and where nobody asked for that. */
      readonly transcript: string | null;
      /** The utterance's span, `null` for audio that came inside a typed item. */
      readonly span: { readonly startMs: number; readonly endMs: number } | null;
    }
  | { readonly type: 'input_image'; readonly detail: 'auto' | 'low' | 'high' }
  | { readonly type: 'output_text'; readonly text: string };

/** `incomplete`: an answer that was cut off. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A message of the conversation, as clients know it. */
export interface MessageItem {
  readonly type: 'message';
  readonly id: string;
  readonly role: Role;
  readonly status: ItemStatus;
  readonly content: readonly ItemContent[];
}

/** The model calls a tool, which the client is to do. */
export interface CallItem {
  readonly type: 'function_call';
  readonly id: string;
  readonly status: ItemStatus;
  readonly callId: string;
  readonly name: string;
  /** JSON, as the model wrote it: it may be broken. */
  readonly arguments: string;
}

/** What the tool gave back. */
export interface ResultItem {
  readonly type: 'function_call_output';
  readonly id: string;
  readonly status: ItemStatus;
  readonly callId: string;
  readonly output: string;
}

export type Item = MessageItem | CallItem | ResultItem;

/** How much text an item holds. */
export function charactersOf(item: Item): number {
  switch (item.type) {
    case 'message':
      return item.content.reduce((sum, part) => sum + textOf(part).length, 0);
    case 'function_call':
      return item.callId.length + item.name.length + item.arguments.length;
    case 'function_call_output':
      return item.callId.length + item.output.length;
  }
}

function textOf(part: ItemContent): string {
  if (part.type === 'input_audio') return part.transcript ?? '';
  return part.type === 'input_image' ? '' : part.text;
}
