import {
  CallError,
  type Answer,
  type Call,
  type CallState,
  type ConnectOptions,
  type Device,
  type Turn,
  type TurnKind,
} from '@vis-a-vis/client';

/** Opens a call: `connect`, or in tests what a script answers. */
export type Dial = (options: ConnectOptions) => Promise<Call>;

/** `idle`: nobody has called yet. */
export type CallStatus = 'idle' | 'connecting' | CallState;

/** A turn as it now stands; another object each time that something of it has changed. */
export interface TurnSnapshot {
  readonly id: string;
  readonly kind: TurnKind;
  /** As it was typed, or written down once it has been (`session.audio.input.transcription`); else null. */
  readonly question: string | null;
  /** The answer so far. */
  readonly text: string;
  /** `in_progress`, then how the answer ended. */
  readonly status: Answer['status'];
  /** Why it failed. */
  readonly error: CallError | null;
  readonly turn: Turn;
}

/** All that a view of a call shows; another object each time that something has changed. */
export interface CallSnapshot {
  readonly status: CallStatus;
  /** The SDK's call, while one is open. */
  readonly call: Call | null;
  /** The newest 200. */
  readonly turns: readonly TurnSnapshot[];
  /** What went wrong last; null when another call is begun. */
  readonly error: CallError | null;
  /** The gateway hears somebody speak. */
  readonly speaking: boolean;
  readonly muted: boolean;
  readonly cameraOn: boolean;
  /** Whoever runs the gateway records the call: tell your user. */
  readonly recorded: boolean;
  readonly devices: readonly Device[];
}

const MOST_TURNS = 200;

/** Before a call, and on a server, where none is ever opened. */
export const IDLE: CallSnapshot = {
  status: 'idle',
  call: null,
  turns: [],
  error: null,
  speaking: false,
  muted: false,
  cameraOn: false,
  recorded: false,
  devices: [],
};

/** The calls of one component, one after the other, as snapshots. */
export class CallStore {
  #snapshot = IDLE;
  readonly #listeners = new Set<() => void>();
  /** Ends the call that is being opened, or is open. */
  #ending: AbortController | null = null;
  #holders = 0;

  readonly getSnapshot = (): CallSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /**
   * A component is mounted.
   * @returns what is called when it is not any more, which ends its call; not where it is mounted again at once, as Strict Mode does
   */
  hold(): () => void {
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
      queueMicrotask(() => {
        if (this.#holders === 0) this.close();
      });
    };
  }

  /** Opens a call, unless one is open. What goes wrong is the snapshot's `error`. */
  start(options: ConnectOptions, dial: Dial): void {
    if (this.#ending) return;
    const ending = new AbortController();
    this.#ending = ending;
    this.#change({ ...IDLE, status: 'connecting' });
    const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
    void this.#open({ ...options, signal }, dial, ending);
  }

  /** Hangs up, or gives a call up that is being opened. */
  close(): void {
    if (!this.#ending) return;
    const { call } = this.#snapshot;
    this.#ending.abort();
    // It has ended by the signal, unless whoever opened it left that out.
    call?.close();
    if (this.#snapshot.status === 'connecting') this.#closed(null);
  }

  /** Does something with the open call. What goes wrong is the snapshot's `error`. */
  async run(work: (call: Call) => unknown): Promise<void> {
    const { call } = this.#snapshot;
    try {
      if (!call) throw new CallError('session_closed', 'There is no call.');
      await work(call);
    } catch (error) {
      if (this.#snapshot.call === call) this.#change({ error: toCallError(error) });
    }
  }

  /** Asks in writing. @throws CallError `session_closed` */
  say(text: string): Turn {
    const { call } = this.#snapshot;
    if (!call) throw new CallError('session_closed', 'There is no call.');
    const turn = call.say(text);
    void this.#follow(turn);
    return turn;
  }

  async #open(options: ConnectOptions, dial: Dial, ending: AbortController): Promise<void> {
    try {
      const call = await dial(options);
      if (ending.signal.aborted) call.close();
      else this.#opened(call);
    } catch (error) {
      // Whoever gave it up has been told.
      if (this.#ending === ending && !ending.signal.aborted) this.#closed(toCallError(error));
    }
  }

  #opened(call: Call): void {
    this.#change({
      call,
      status: call.state,
      muted: call.muted,
      cameraOn: call.isCameraOn,
      recorded: call.recorded,
    });
    call.on('state', (status) => this.#change({ status }));
    call.on('turn', (turn) => void this.#follow(turn));
    call.on('transcript', ({ turn }) => {
      const shown = this.#snapshot.turns.find(({ id }) => id === turn?.id);
      if (turn && shown) this.#show(turn, shown.status, shown.error);
    });
    call.on('speech', ({ state }) => this.#change({ speaking: state === 'started' }));
    call.on('muted', (muted) => this.#change({ muted }));
    call.on('camera', ({ on }) => this.#change({ cameraOn: on }));
    call.on('devices', (devices) => this.#change({ devices }));
    call.on('error', (error) => this.#change({ error }));
    call.on('event', ({ type }) => {
      if (type === 'session.created') this.#change({ recorded: call.recorded });
    });
    call.on('closed', ({ error }) => this.#closed(error));
    void this.run(async () => {
      const devices = await call.devices();
      if (this.#snapshot.call === call) this.#change({ devices });
    });
  }

  #closed(error: CallError | null): void {
    this.#ending = null;
    this.#change({
      status: 'closed',
      call: null,
      speaking: false,
      cameraOn: false,
      error: error ?? this.#snapshot.error,
    });
  }

  async #follow(turn: Turn): Promise<void> {
    if (this.#snapshot.turns.some(({ id }) => id === turn.id)) return;
    this.#show(turn, 'in_progress', null);
    const isShown = (): boolean => this.#snapshot.turns.some((shown) => shown.turn === turn);
    try {
      const pieces = turn.text();
      while (!(await pieces.next()).done) if (isShown()) this.#show(turn, 'in_progress', null);
      const { status } = await turn.done;
      if (isShown()) this.#show(turn, status, null);
    } catch (error) {
      if (isShown()) this.#show(turn, 'failed', toCallError(error));
    }
  }

  #show(turn: Turn, status: Answer['status'], error: CallError | null): void {
    const { id, kind, question, answerSoFar: text } = turn;
    const shown: TurnSnapshot = { id, kind, question, text, status, error, turn };
    const { turns } = this.#snapshot;
    const isNew = !turns.some((other) => other.id === id);
    this.#change({
      turns: isNew
        ? [...turns.slice(1 - MOST_TURNS), shown]
        : turns.map((other) => (other.id === id ? shown : other)),
    });
  }

  #change(change: Partial<CallSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function toCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CallError('connect_failed', message, { cause: error });
}
