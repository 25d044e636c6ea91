import type { Answer, Delta, Quality } from '@vis-a-vis/client';
import type { FrameAttendedEvent, ServerEvent, TurnTimingEvent } from '@vis-a-vis/protocol';
import type { TurnLog } from '../core/turn-log.js';
import type { Params } from '../text/language.js';
import type { StringKey } from '../text/strings.js';

export type State = 'idle' | 'connecting' | 'ready' | 'listening' | 'thinking' | 'answering' | 'reconnecting';
/** A line that is shown for as long as it is true. */
export type Notice = 'tell.reconnecting' | 'tell.kept' | 'tell.anew';

/** What a call is shown by, as far as it tells of itself. */
export interface Shown {
  readonly conversation: {
    spoken(itemId: string, text: string | null): void;
    transcribed(itemId: string, text: string): void;
    dismissed(): void;
    delta(delta: Delta): void;
    done(answer: Answer): void;
    timing(timing: TurnTimingEvent): void;
  };
  readonly film: {
    attended(frame: FrameAttendedEvent): void;
    forget(itemIds: readonly string[]): void;
  };
  readonly inspector: { push(event: ServerEvent): void };
  readonly quality: { show(quality: Quality): void };
  readonly state: { show(state: State): void; announce(text: string): void };
  readonly turns: TurnLog;
  readonly words: { say(key: StringKey, params?: Params): string };
  /** Speech is heard by the gateway, or not any more. */
  hear(heard: boolean): void;
  /** Shows what an answer saw, and its time. */
  lookInto(responseId: string): void;
  /** More has become known of an answer: it is shown if it is the one that is looked into. */
  refresh(responseId: string): void;
  /** Somebody asks anew: what the model takes in meanwhile is shown. */
  lookAtNow(): void;
  notice(text: Notice | null): void;
  showEmpty(): void;
  /** Whoever runs the gateway records the call: who is in it should know. */
  showRecorded(recorded: boolean): void;
}
