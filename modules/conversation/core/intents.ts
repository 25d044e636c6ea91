import type { RgbImage, Role, Tool, ToolChoice } from '#modules/contracts';
import type { SessionConfig } from './config.js';

/** Content of a message that a client creates, already decoded by the edge. */
export type NewContent =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image: RgbImage; readonly detail: 'auto' | 'low' | 'high' }
  /** `pcm`: 16 kHz mono. `transcript`: the client's own, which the model does not read. */
  | { readonly type: 'input_audio'; readonly pcm: Float32Array; readonly transcript?: string }
  | { readonly type: 'output_text'; readonly text: string };

/** `'root'`: first in the list; `undefined`: last. */
export type PreviousItem = 'root' | (string & {}) | undefined;

/** Something that a response reads which is not in the conversation. */
export type NewItem =
  | { readonly type: 'message'; readonly role: Role; readonly content: readonly NewContent[] }
  | {
      readonly type: 'function_call';
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  | { readonly type: 'function_call_output'; readonly callId: string; readonly output: string };

/** What a response reads in place of the conversation: things of its own, and items of the conversation. */
export type InputItem = NewItem | { readonly type: 'item_reference'; readonly itemId: string };

/** What a client asks of one response; what is left out is the session's. */
export interface ResponseWishes {
  readonly maxOutputTokens?: number | 'inf';
  readonly metadata?: Readonly<Record<string, string>>;
  readonly instructions?: string;
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** `none`: it leaves nothing in the conversation. Default `auto`. */
  readonly conversation?: 'auto' | 'none';
  /** What it reads; left out: the conversation. */
  readonly input?: readonly InputItem[];
}

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
  | {
      readonly k: 'call_create';
      readonly itemId?: string;
      readonly previousItemId?: PreviousItem;
      /** Default: a new one. */
      readonly callId?: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly k: 'result_create';
      readonly itemId?: string;
      readonly previousItemId?: PreviousItem;
      readonly callId: string;
      readonly output: string;
    }
  /** An item that could not be read at all, and was to come now. */
  | { readonly k: 'item_refused' }
  | { readonly k: 'item_retrieve'; readonly itemId: string }
  | { readonly k: 'item_delete'; readonly itemId: string }
  | {
      readonly k: 'item_truncate';
      readonly itemId: string;
      readonly contentIndex: number;
      /** Since its reading began; not looked at where `characters` are given. */
      readonly audioEndMs: number;
      /** Of its text, as JavaScript counts them, that were read. */
      readonly characters?: number;
    }
  /** Ends the utterance now; never creates a response by itself. */
  | { readonly k: 'audio_commit' }
  | { readonly k: 'audio_clear' }
  | ({ readonly k: 'response_create' } & ResponseWishes)
  /** The client reads no answer aloud any more. */
  | { readonly k: 'reading_stopped' }
  /** `responseId` given: only if that one is active. */
  | { readonly k: 'response_cancel'; readonly responseId?: string };

/** What a client wants, in transport-neutral terms. `clientEventId` comes back in the error it causes. */
export type ClientIntent = Intent & { readonly clientEventId?: string };
