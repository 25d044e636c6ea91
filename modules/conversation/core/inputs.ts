import type { AppendReceipt, Checkpoint, ErrorCode, GenEvent, Segment } from '#modules/contracts';
import type { ClientIntent } from './intents.js';

export type FrameSegment = Extract<Segment, { k: 'frame' }>;

/** A boundary of speech. All times are on the media clock; `atMs`: audio heard when it was known. */
export type Boundary =
  | { readonly t: 'speech_start'; readonly atMs: number; readonly startMs: number }
  /** It is more than a cough. */
  | { readonly t: 'speech_established'; readonly atMs: number }
  | { readonly t: 'tentative_pause'; readonly atMs: number; readonly speechEndMs: number }
  | { readonly t: 'resume'; readonly atMs: number }
  | { readonly t: 'speech_end'; readonly atMs: number; readonly speechEndMs: number }
  /** What seemed to be speech was not. */
  | { readonly t: 'misfire'; readonly atMs: number };

/** An error that left the engine, as data. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** All that a conversation machine can be told. */
export type MachineInput =
  /** `lastSpeechPacketAtMs` (gateway clock) goes with `speech_end`. */
  | { readonly t: 'boundary'; readonly boundary: Boundary; readonly lastSpeechPacketAtMs?: number | null }
  /** Microphone audio of this span (media clock) can be read now. */
  | { readonly t: 'audio'; readonly startMs: number; readonly endMs: number }
  | { readonly t: 'frame'; readonly segment: FrameSegment }
  /** The frame pipeline kept this one out. */
  | { readonly t: 'frame_skipped'; readonly ptsMs: number; readonly reason: string }
  | { readonly t: 'intent'; readonly intent: ClientIntent }
  /** `ref`: the append command's. */
  | { readonly t: 'appended'; readonly ref: string; readonly receipt: AppendReceipt }
  | { readonly t: 'append_failed'; readonly ref: string; readonly failure: Failure }
  | { readonly t: 'generation'; readonly responseId: string; readonly event: GenEvent }
  | { readonly t: 'generation_failed'; readonly responseId: string; readonly failure: Failure }
  | { readonly t: 'context_moved'; readonly by: 'accept' | 'rollback'; readonly at: Checkpoint }
  /** `dropped`: ids of segments, and of responses whose answers were accepted. */
  | { readonly t: 'evicted'; readonly freed: number; readonly dropped: readonly string[] }
  | { readonly t: 'redacted'; readonly freed: number }
  | { readonly t: 'cut'; readonly freed: number }
  | {
      readonly t: 'command_failed';
      readonly command: 'mark' | 'accept' | 'rollback' | 'evict' | 'redact' | 'cut';
      readonly failure: Failure;
    }
  /** `nextDeadlineMs` has come. */
  | { readonly t: 'tick' }
  | { readonly t: 'close' };
