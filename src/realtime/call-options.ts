import type { GreetingPart, ResumeTicket, Session } from '@vis-a-vis/protocol';
import type { Clock, Guard, IdSource } from '#modules/contracts';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { CallTrace } from '../telemetry/tracing/tracing.js';
import type { Grant } from './access.js';
import type { AudioInput } from './audio-input.js';
import type { DecodeImage } from './core/intent-mapper.js';
import type { Tape } from './tape.js';

/** What carries the call's media or its client's events, and is to be closed with it. */
export interface Connection {
  close(): void | Promise<void>;
}

/** What every call of the process shares. */
export interface CallEnvironment {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** How clients come back to their calls. */
export interface Tickets {
  /** How long (ms) a call is kept whose connection is lost; 0: not at all. */
  readonly windowMs: number;
  ticketFor(call: { readonly id: string; readonly grant: Grant }): ResumeTicket;
}

export interface CallOptions extends CallEnvironment {
  readonly id: string;
  /** Whose call it is, and what may be changed in it. */
  readonly grant: Grant;
  /** The session from which the call starts. */
  readonly session: Session;
  readonly decodeImage: DecodeImage;
  /** What its clients are told first, beside the session. */
  readonly greeting?: { readonly visavis?: GreetingPart };
  /** The record that is made of it; null: none is. */
  readonly tape?: Tape | null;
  /** How its client may come back. Default: not at all. */
  readonly resumption?: Tickets;
  /** The microphone, where it comes by events; null: it comes by a track. */
  readonly audioInput?: AudioInput | null;
  /** Its spans; null or left out: there are none. */
  readonly trace?: CallTrace | null;
  /** What this call's own callbacks throw ends this call: see {@link Call.fail}. */
  readonly guard: Guard;
}
