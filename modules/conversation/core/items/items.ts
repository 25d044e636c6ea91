import type { Role } from '#modules/contracts';

/** One part of a message. Media is described, never carried. Times are ms on the session's media clock. */
export type ItemContent =
  | { readonly type: 'input_text'; readonly text: string }
  | {
      readonly type: 'input_audio';
      readonly transcript: null;
      /** The utterance's span, `null` for audio that came inside a typed item. */
      readonly span: { readonly startMs: number; readonly endMs: number } | null;
    }
  | { readonly type: 'input_image'; readonly detail: 'auto' | 'low' | 'high' }
  | { readonly type: 'output_text'; readonly text: string };

/** `incomplete`: an answer that was cut off. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A message of the conversation, as clients know it. */
export interface Item {
  readonly id: string;
  readonly role: Role;
  readonly status: ItemStatus;
  readonly content: readonly ItemContent[];
}
