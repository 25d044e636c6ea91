import type { RgbImage, Role } from '#modules/contracts';
import type { SessionConfig } from './config.js';

/** Content of a message that a client creates, already decoded by the edge. */
export type NewContent =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image: RgbImage; readonly detail: 'auto' | 'low' | 'high' }
  /** `pcm`: 16 kHz mono. */
  | { readonly type: 'input_audio'; readonly pcm: Float32Array }
  | { readonly type: 'output_text'; readonly text: string };

/** `'root'`: first in the list; `undefined`: last. */
export type PreviousItem = 'root' | (string & {}) | undefined;

type Intent =
  /** The whole configuration, already merged by the edge. */
  | { readonly k: 'session_update'; readonly config: SessionConfig }
  | {
      readonly k: 'item_create';
      readonly itemId?: string;
      readonly previousItemId?: PreviousItem;
      readonly role: Role;
      readonly content: readonly NewContent[];
    }
  | { readonly k: 'item_retrieve'; readonly itemId: string }
  | { readonly k: 'item_delete'; readonly itemId: string }
  | {
      readonly k: 'item_truncate';
      readonly itemId: string;
      readonly contentIndex: number;
      readonly audioEndMs: number;
    }
  /** Ends the utterance now; never creates a response by itself. */
  | { readonly k: 'audio_commit' }
  | { readonly k: 'audio_clear' }
  | {
      readonly k: 'response_create';
      /** For this response only; default: the session's. */
      readonly maxOutputTokens?: number | 'inf';
      readonly metadata?: Readonly<Record<string, string>>;
    }
  /** The client reads no answer aloud any more. */
  | { readonly k: 'reading_stopped' }
  /** `responseId` given: only if that one is active. */
  | { readonly k: 'response_cancel'; readonly responseId?: string };

/** What a client wants, in transport-neutral terms. `clientEventId` comes back in the error it causes. */
export type ClientIntent = Intent & { readonly clientEventId?: string };
