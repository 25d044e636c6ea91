import type { ErrorCode, VideoSource } from '#modules/contracts';
import type { SessionConfig } from './config.js';
import type { Item } from './items/items.js';

/** Tokens by the kind of input they came from. */
export interface TokenCounts {
  readonly text: number;
  readonly audio: number;
  readonly image: number;
}

/** `cached`: what was in the context already when the turn was committed (at the end of speech). */
export interface Usage {
  readonly input: TokenCounts;
  readonly cached: TokenCounts;
  readonly output: number;
}

export type ResponseStatus = 'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete';

/** Why a response did not complete. `error` only with status `failed`. */
export type ResponseReason = 'turn_detected' | 'client_cancelled' | 'max_output_tokens';

export interface SessionError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
  /** The client event that caused it, if one did. */
  readonly clientEventId: string | null;
}

export interface Response {
  readonly id: string;
  /** Null: it is no part of the conversation. */
  readonly conversationId: string | null;
  readonly status: ResponseStatus;
  readonly reason: ResponseReason | null;
  readonly error: SessionError | null;
  readonly maxOutputTokens: number | 'inf';
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Empty until the response is done, and where it ended before it said anything. */
  readonly output: readonly Item[];
  readonly usage: Usage | null;
}

/** Why a frame is not in the context. Frame-pipeline reasons pass through as they are. */
export type FrameDropReason =
  | 'shed'
  | 'context_full'
  | 'engine_failed'
  | 'waiting_full'
  | 'video_off'
  | 'no_vision'
  | 'redacted'
  | (string & {});

/** Where one item of a response is among the others. */
interface OutputAddress {
  readonly responseId: string;
  readonly itemId: string;
  readonly outputIndex: number;
}

/** Where the text of a response is: its message has one part. */
interface PartAddress extends OutputAddress {
  readonly contentIndex: 0;
}

/** A call that a response makes. */
interface CallAddress extends OutputAddress {
  readonly callId: string;
}

/** Which part of which item was said, and is written down. */
interface TranscriptAddress {
  readonly itemId: string;
  readonly contentIndex: 0;
}

/** `hearing`: speech is not detected. `video`: nothing is seen. `engine`: nothing is answered. */
export type LostPart = 'hearing' | 'video' | 'engine';

/**
 * What happens in a session, in the order of PROTOCOL A6, neutral of transport. Names ending in `AtMs` are on the
 * gateway's clock, other times on the session's media clock; `previousItemId` null: first in the conversation.
 */
export type SessionEvent =
  /** A part that the session rests on is lost for good; the session goes on without. */
  | { readonly type: 'part_lost'; readonly part: LostPart; readonly why: string }
  | { readonly type: 'session_updated'; readonly config: SessionConfig }
  /** `audioStartMs` includes the prefix padding. */
  | { readonly type: 'speech_started'; readonly itemId: string; readonly audioStartMs: number }
  /** `audioEndMs` includes the silence window. */
  | { readonly type: 'speech_stopped'; readonly itemId: string; readonly audioEndMs: number }
  /** What began as speech was noise: there will be no item of this id. */
  | { readonly type: 'speech_misfired'; readonly itemId: string; readonly audioEndMs: number }
  | {
      readonly type: 'audio_committed';
      readonly itemId: string;
      readonly previousItemId: string | null;
    }
  | { readonly type: 'audio_cleared' }
  /** Nobody spoke for as long as the session waits; the silence of this span becomes an item and is answered. */
  | {
      readonly type: 'timeout_triggered';
      readonly itemId: string;
      readonly audioStartMs: number;
      readonly audioEndMs: number;
    }
  | { readonly type: 'item_added'; readonly item: Item; readonly previousItemId: string | null }
  | { readonly type: 'item_done'; readonly item: Item; readonly previousItemId: string | null }
  | { readonly type: 'item_retrieved'; readonly item: Item }
  | { readonly type: 'item_deleted'; readonly itemId: string }
  | {
      readonly type: 'item_truncated';
      readonly itemId: string;
      readonly contentIndex: number;
      readonly audioEndMs: number;
    }
  | { readonly type: 'response_created'; readonly response: Response }
  | {
      readonly type: 'response_item_added';
      readonly responseId: string;
      readonly outputIndex: number;
      readonly item: Item;
    }
  | ({ readonly type: 'content_part_added' } & PartAddress)
  | ({ readonly type: 'text_delta'; readonly delta: string; readonly atMs: number } & PartAddress)
  | ({ readonly type: 'text_done'; readonly text: string } & PartAddress)
  | ({ readonly type: 'content_part_done'; readonly text: string } & PartAddress)
  | ({ readonly type: 'call_delta'; readonly delta: string } & CallAddress)
  | ({ readonly type: 'call_done'; readonly name: string; readonly arguments: string } & CallAddress)
  | ({ readonly type: 'transcript_delta'; readonly delta: string } & TranscriptAddress)
  | ({
      readonly type: 'transcript_completed';
      readonly transcript: string;
      /** Tokens. */
      readonly usage: { readonly text: number; readonly audio: number; readonly output: number };
    } & TranscriptAddress)
  | ({
      readonly type: 'transcript_failed';
      readonly code: ErrorCode;
      readonly message: string;
    } & TranscriptAddress)
  | {
      readonly type: 'response_item_done';
      readonly responseId: string;
      readonly outputIndex: number;
      readonly item: Item;
    }
  | { readonly type: 'response_done'; readonly response: Response }
  | { readonly type: 'error'; readonly error: SessionError }
  /** A frame entered the context. `itemId`: the message an `input_image` came in; for live video the frame's own id. */
  | {
      readonly type: 'frame_attended';
      readonly itemId: string;
      readonly ptsMs: number;
      readonly tokens: number;
      /** Left out: it came in a message. */
      readonly source?: VideoSource;
    }
  | {
      readonly type: 'frame_dropped';
      readonly ptsMs: number;
      readonly reason: FrameDropReason;
      /** Left out: it came in a message. */
      readonly source?: VideoSource;
    }
  | SpeculationEnded
  | ContextReceipt
  /** What these items had in the context is gone from it, and so is what was computed from it. For live video frame ids. */
  | { readonly type: 'context_redacted'; readonly itemIds: readonly string[]; readonly tokens: number }
  | TurnTiming;

/** `speech`: begun in a pause. `visual`: the model was asked whether it would speak about a frame. */
export type SpeculationKind = 'speech' | 'visual';

/**
 * - `used`: it became the answer.
 * - `resumed`: the user went on speaking.
 * - `silent`: the model had nothing to say.
 * - `withdrawn`: the client, or speech in a probe, made it void.
 * - `failed`: the engine did.
 */
export type SpeculationOutcome = 'used' | 'resumed' | 'silent' | 'withdrawn' | 'failed';

/** An answer that was begun before its turn was confirmed came to its end, or was confirmed. For telemetry. */
export interface SpeculationEnded {
  readonly type: 'speculation_ended';
  readonly kind: SpeculationKind;
  readonly outcome: SpeculationOutcome;
  /** Tokens generated so far; thrown away unless `used`. */
  readonly tokens: number;
  /** How much sooner (ms) the first token is there than without; 0 unless `used`. */
  readonly gainMs: number;
}

/** What was begun ahead in the pauses of one turn. */
export interface TurnSpeculation {
  /** The answer that was sent was. */
  readonly used: boolean;
  readonly tries: number;
  readonly wastedTokens: number;
  readonly gainMs: number;
}

/** What the model had before it when an answer began. */
export interface ContextReceipt {
  readonly type: 'context_receipt';
  readonly responseId: string;
  /** `source` left out: it came in a message. */
  readonly frames: readonly {
    readonly itemId: string;
    readonly ptsMs: number;
    readonly source?: VideoSource;
  }[];
  readonly audio: readonly { readonly itemId: string; readonly startMs: number; readonly endMs: number }[];
  /** Tokens in the context, all kinds. */
  readonly tokens: number;
}

/** Where the time of one answer went; emitted after its `response_done`. Null: that stage did not happen. */
export interface TurnTiming {
  readonly type: 'turn_timing';
  readonly responseId: string;
  /** The utterance that was answered; null for a typed turn. */
  readonly itemId: string | null;
  /** True end of speech, on the media clock. */
  readonly speechEndMs: number | null;
  /** Arrival of the packet that held the last speech. */
  readonly lastSpeechPacketAtMs: number | null;
  /** When the detector said so. */
  readonly vadEndAtMs: number | null;
  readonly commitAtMs: number;
  /** From the commit until the question was attended (queue, encode and prefill). */
  readonly prefillMs: number | null;
  /** Before the commit where the answer was begun ahead. */
  readonly firstTokenAtMs: number | null;
  readonly doneAtMs: number;
  /** Gateway clock minus media clock, from the newest audio packet; null without audio. */
  readonly clockOffsetMs: number | null;
  readonly framesAttended: number;
  readonly outputTokens: number;
  /** Null: nothing was begun ahead. */
  readonly speculation: TurnSpeculation | null;
}
