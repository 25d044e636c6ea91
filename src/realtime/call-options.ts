import type { IceServers, ResumeTicket, Session } from '@vis-a-vis/protocol';
import type { Clock, Guard, IdSource } from '#modules/contracts';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Grant } from './access.js';
import type { AudioInput } from './audio-input.js';
import type { DecodeImage } from './core/intent-mapper.js';

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
  /** What its clients are told for their ICE. */
  readonly iceServers?: { readonly visavis?: IceServers };
  /** How its client may come back. Default: not at all. */
  readonly resumption?: Tickets;
  /** The microphone, where it comes by events; null: it comes by a track. */
  readonly audioInput?: AudioInput | null;
  /** What this call's own callbacks throw ends this call: see {@link Call.fail}. */
  readonly guard: Guard;
}
