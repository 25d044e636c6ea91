import type {
  ContextEvent,
  ContextRedactedEvent,
  FrameAttendedEvent,
  ServerEvent,
  TurnTimingEvent,
} from '@vis-a-vis/protocol';
import type { Quality } from '../core/quality.js';
import type { Heard } from '../core/reader.js';
import type { Attempt } from '../core/recovery.js';
import type { ToolRun } from '../core/tools.js';
import type { Answer, Turn } from '../core/turns.js';
import type { CallError } from '../errors.js';
import type { Device } from './options.js';

/** `reconnecting`: nothing comes through; what is sent waits. */
export type CallState = 'connected' | 'reconnecting' | 'closed';

/** A piece of an answer, as it is generated. */
export interface Delta {
  readonly responseId: string;
  readonly text: string;
}

/** The gateway heard the user begin or stop to speak. */
export interface Speech {
  readonly state: 'started' | 'stopped';
  /** On the call's media clock (ms). */
  readonly atMs: number;
}

/** What a person said, written down. */
export interface Transcript {
  readonly itemId: string;
  readonly text: string;
  /** That it was the question of; null: it was answered by none that is known. */
  readonly turn: Turn | null;
}

/** What the listeners of a call's events are given. */
export interface CallEvents {
  state: CallState;
  /** The connection is lost; it is told of each attempt to get it back. */
  reconnecting: Attempt & { readonly reason: string };
  /** `kept`: the conversation is the same; else the gateway knows nothing of it any more. */
  resumed: { readonly kept: boolean; readonly awayMs: number };
  /** An answer has begun. */
  turn: Turn;
  delta: Delta;
  answer: Answer;
  speech: Speech;
  /** Speech was heard that was not meant for the model, or nothing: it is not answered. */
  dismissed: undefined;
  transcript: Transcript;
  tool: ToolRun;
  timing: TurnTimingEvent;
  /** The model took a picture in. */
  frame: FrameAttendedEvent;
  /** What the model had before it when an answer began. */
  context: ContextEvent;
  /** Something was taken out of the context, for instance what the camera showed. */
  redacted: ContextRedactedEvent;
  /** A voice begins to read, or has read all that there is. */
  reading: boolean;
  /** How far an answer was read aloud. */
  heard: Heard;
  muted: boolean;
  camera: { readonly on: boolean };
  screen: { readonly on: boolean };
  devices: readonly Device[];
  /** How loud the microphone is, 0..1, twenty times a second while somebody listens. */
  level: number;
  /** Every two seconds while somebody listens. */
  quality: Quality;
  error: CallError;
  /** The call is over; nothing comes after it. `error`: what ended it; null: somebody hung up. */
  closed: { readonly reason: string; readonly error: CallError | null };
  /** Every event of the server, as it came. */
  event: ServerEvent;
}
