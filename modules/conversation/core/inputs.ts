import type {
  AppendReceipt,
  Checkpoint,
  ErrorCode,
  GenEvent,
  Segment,
  VideoSource,
} from '#modules/contracts';
import type { ClientIntent } from './intents.js';

export type FrameSegment = Extract<Segment, { k: 'frame' }>;

/** A boundary of speech. All times are on the media clock; `atMs`: audio heard when it was known. */
export type Boundary =
  | { readonly t: 'speech_start'; readonly atMs: number; readonly startMs: number }
  /**
   * There has been as much of it as the detector was to tell. Levels are dB of full scale, of peaks: of who speaks, and of
   * the caller as he was known before; null or left out: not known.
   */
  | {
      readonly t: 'speech_established';
      readonly atMs: number;
      readonly levelDb?: number | null;
      readonly callerDb?: number | null;
    }
  /** Only from `startMs` on it is the caller who speaks; before it was somebody softer. */
  | { readonly t: 'speech_outshone'; readonly atMs: number; readonly startMs: number }
  | { readonly t: 'tentative_pause'; readonly atMs: number; readonly speechEndMs: number }
  | { readonly t: 'resume'; readonly atMs: number }
  | { readonly t: 'speech_end'; readonly atMs: number; readonly speechEndMs: number }
  /** What seemed to be speech was not. */
  | { readonly t: 'misfire'; readonly atMs: number };

/** An error that left the engine, as data. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The client whose item it was has been told. */
  readonly told?: boolean;
}

/** What is told of a sound; left out: nothing. */
export interface Told {
  readonly turnEnd?: number;
  readonly notForMe?: number;
  readonly interrupts?: number;
  readonly speech?: number;
}

/** All that a conversation machine can be told. */
export type MachineInput =
  /** `lastSpeechPacketAtMs` (gateway clock) goes with `speech_end`. */
  | { readonly t: 'boundary'; readonly boundary: Boundary; readonly lastSpeechPacketAtMs?: number | null }
  /** Microphone audio of this span (media clock) can be read now. */
  | { readonly t: 'audio'; readonly startMs: number; readonly endMs: number }
  | { readonly t: 'frame'; readonly segment: FrameSegment }
  /** The frame pipeline kept this one out. */
  | {
      readonly t: 'frame_skipped';
      readonly ptsMs: number;
      readonly reason: string;
      /** Default: the camera. */
      readonly source?: VideoSource;
    }
  | { readonly t: 'intent'; readonly intent: ClientIntent }
  /** `ref`: the append command's. */
  | { readonly t: 'appended'; readonly ref: string; readonly receipt: AppendReceipt }
  /** What somebody tells of a sound that was to be judged (`ref`: the command's); each is told what he knows. */
  | { readonly t: 'judged'; readonly ref: string; readonly told: Told }
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
  /** Frames in the context at most, from now on. */
  | { readonly t: 'window'; readonly maxFrames: number }
  /** `nextDeadlineMs` has come. */
  | { readonly t: 'tick' }
  | { readonly t: 'close' };
