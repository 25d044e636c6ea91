import type { AsideSegment, EvictOptions, Segment, Tool, ToolChoice } from '#modules/contracts';
import type { SessionEvent } from './events.js';
import type { DetectionSettings } from './turn-rules/policy.js';

/** What an answer may call, and must; left out where it may call nothing. */
export interface ToolUse {
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
}

export type AppendPriority = 'commit' | 'background';

/**
 * What the machine wants done, in order. Engine commands are performed first in, first out, except `abort`, which takes
 * effect at once, also on a `generate` that has not begun.
 */
export type Command =
  /** `ref` is the segment's id, and comes back with the result. */
  | {
      readonly c: 'append';
      readonly ref: string;
      readonly segment: Segment;
      readonly priority: AppendPriority;
    }
  /** Append microphone audio of the span (media clock, ms), as part of `utterance`. */
  | {
      readonly c: 'append_audio';
      readonly ref: string;
      readonly utterance: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly final: boolean;
      /** The receipt of a block that is not final is to say whether the turn ends with it. */
      readonly predict?: boolean;
      readonly priority: AppendPriority;
    }
  /** Remember the head under this key, until something is accepted or evicted, or an earlier mark is gone back to. */
  | { readonly c: 'mark'; readonly key: string }
  | { readonly c: 'rollback'; readonly key: string }
  /** `speculative`: the turn is not confirmed yet. */
  | ({
      readonly c: 'generate';
      readonly responseId: string;
      readonly maxTokens: number;
      readonly speculative: boolean;
    } & ToolUse)
  /** Answer beside the context, once what came before is done; nothing waits for it. `idle`: it may be shed. */
  | ({
      readonly c: 'aside';
      readonly responseId: string;
      readonly segments: readonly AsideSegment[];
      readonly system?: string;
      readonly maxTokens: number;
      readonly idle: boolean;
    } & ToolUse)
  | { readonly c: 'abort'; readonly responseId: string }
  /** `keepTokens` undefined: all of them, with its calls. */
  | { readonly c: 'accept'; readonly responseId: string; readonly keepTokens?: number }
  /** Shorten the text of an answer in the context. */
  | { readonly c: 'cut'; readonly responseId: string; readonly keepTokens: number }
  | ({ readonly c: 'evict' } & EvictOptions)
  /** Ids of segments, and of responses whose answers were accepted. */
  | { readonly c: 'redact'; readonly ids: readonly string[] }
  /** null: no detection, turns are manual. */
  | { readonly c: 'detect'; readonly settings: DetectionSettings | null }
  /** The audio before this (media clock) is an item already, or was cleared: the detector is to say nothing more of it. */
  | { readonly c: 'detect_anew'; readonly fromMs: number }
  /** The microphone has gone quiet altogether: count it as silence up to here (media clock). */
  | { readonly c: 'assume_silence'; readonly untilMs: number }
  /** What was heard since the last turn was not the caller: his level is what it was known to be before. */
  | { readonly c: 'disown' }
  /**
   * Have the sound of the span (media clock, ms) judged by who can, by the model's ear as well if `ear`, and whether it ends a
   * turn if `turnEnd`; what each tells comes back with `ref`.
   */
  | {
      readonly c: 'judge';
      readonly ref: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly ear: boolean;
      readonly turnEnd: boolean;
    }
  | { readonly c: 'emit'; readonly event: SessionEvent }
  | { readonly c: 'close' };
