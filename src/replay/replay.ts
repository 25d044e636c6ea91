import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { Capture } from '../capture/core/records.js';
import type { Logger } from '../telemetry/logger.js';
import { DEFAULT_PACE, type Pace } from './core/pace.js';
import { recordedTokenMs } from './core/recorded-pace.js';
import { Trace } from './core/trace.js';
import { VirtualTime } from './core/virtual-time.js';
import type { ReplayParts } from './replay-parts.js';
import { ReplayedCall } from './replayed-call.js';

/** What a call that was cut off in the capture is given to come to an end (ms), and what one that ended is given to close. */
const CUT_TAIL_MS = 10_000;
const CLOSED_TAIL_MS = 1000;
/** What is pushed in one turn of the event loop leaves in the next; what that leads to is over in a third. */
const SETTLE_TURNS = 3;

export interface ReplayOptions {
  /** Over that of the capture. */
  readonly pace?: Partial<Pace>;
  /** Default: says nothing. */
  readonly logger?: Logger;
}

/**
 * Feeds a recorded call through the gateway, on a clock of its own. The same capture, model and options give the same trace, however
 * fast the machine is and whatever else it does.
 * @throws VisavisError by which the call could not be opened
 */
export async function replay(
  capture: Capture,
  parts: ReplayParts,
  { pace: asked = {}, logger = pino({ level: 'silent' }) }: ReplayOptions = {},
): Promise<Trace> {
  const pace = { ...DEFAULT_PACE, ...paceIn(capture), ...asked };
  const time = new VirtualTime(settle);
  const trace = new Trace(() => time.nowMs());
  const call = new ReplayedCall(capture, parts, { paced: { time, pace, trace }, logger });
  await call.prepare(parts);
  call.schedule();
  const lastMs = capture.records.at(-1)?.at ?? 0;
  const closed = capture.records.some(({ t }) => t === 'closed');
  await time.runTo(lastMs + (closed ? CLOSED_TAIL_MS : CUT_TAIL_MS));
  if (!closed) {
    call.end('capture_over');
    await time.runTo(time.nowMs() + CLOSED_TAIL_MS);
  }
  await call.finish();
  trace.add({ t: 'end' });
  return trace;
}

function paceIn(capture: Capture): Partial<Pace> {
  const tokenMs = recordedTokenMs(capture);
  return tokenMs === null ? {} : { tokenMs };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < SETTLE_TURNS; turns++) await turn();
}
