import type { Role, Segment } from '#modules/contracts';
import type { FrameSegment } from '../inputs.js';

/** Microphone audio of an utterance that has ended. Times are ms on the media clock. */
export interface EndedUtterance {
  readonly itemId: string;
  readonly audioId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What comes before has been sent already, under the same `audioId`. */
  readonly fromMs: number;
}

type QuestionSegment = Extract<Segment, { k: 'text' | 'audio' }>;

/** Of which item it is, and by which of its events a client put that in. */
export interface OfItem {
  readonly itemId: string;
  readonly clientEventId?: string;
}

/** What comes with an item, to be read as it is or not at all. */
export type ItemWrite =
  /** A typed part of the user's question. */
  | ({ readonly k: 'question'; readonly segment: QuestionSegment } & OfItem)
  /** A call or a result, between turns. */
  | ({ readonly k: 'tool'; readonly segment: Extract<Segment, { k: 'call' | 'result' }> } & OfItem)
  /** A whole turn of its own. */
  | ({ readonly k: 'message'; readonly role: Role; readonly text: string } & OfItem);

/** Something for the context. */
export type Write =
  | ItemWrite
  /** `requested`: a client put it into a message, so it is not to be shed. */
  | {
      readonly k: 'frame';
      readonly segment: FrameSegment;
      readonly itemId: string;
      readonly requested: boolean;
    }
  | { readonly k: 'utterance'; readonly utterance: EndedUtterance };
