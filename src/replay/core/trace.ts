import type { SessionEvent } from '#modules/conversation';

/** What happened: in the session, in the engine's context, to a message of a client or to one, to packets and frames. */
export interface Happening {
  readonly t: 'event' | 'kv' | 'in' | 'out' | 'drop' | 'end';
  readonly [key: string]: unknown;
}

/** The same, and when (ms since the capture began). */
export interface TraceLine extends Happening {
  readonly nowMs: number;
}

/** Lines, in order, on the clock of a replay. */
export class Trace {
  readonly lines: TraceLine[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(line: Happening): void {
    this.lines.push({ nowMs: round(this.#nowMs()), ...line });
  }

  /** What happens in the session, as the conversation tells it. */
  event({ type, ...rest }: SessionEvent): void {
    this.add({ t: 'event', type, ...rest });
  }

  /** JSON lines. Frames are the camera's where nothing else is said, as in traces from before there were screens. */
  get text(): string {
    return this.lines.map((line) => `${JSON.stringify(line, withoutCamera)}\n`).join('');
  }
}

function withoutCamera(key: string, value: unknown): unknown {
  return key === 'source' && value === 'camera' ? undefined : value;
}

/** Microseconds are enough. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
