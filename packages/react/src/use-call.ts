'use client';

import { connect, type Call, type ConnectOptions, type Turn } from '@vis-a-vis/client';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { CallStore, IDLE, type CallSnapshot, type Dial } from './call-store.js';

export interface UseCallOptions extends ConnectOptions {
  /** Calls as soon as the component is there. Default: `start()` does. Browsers let sound be heard only after a click. */
  readonly autoStart?: boolean;
  /** What opens a call. Default: the SDK's `connect`; in tests, `scriptedCall` of `@vis-a-vis/client/testing`. */
  readonly connect?: Dial;
}

/** A call as it now stands, and what can be done with it. The functions stay the same from render to render. */
export interface UseCall extends CallSnapshot {
  /** Calls, unless a call is open. It takes the options of the last render. What goes wrong is `error`. */
  readonly start: () => void;
  /** Hangs up. */
  readonly close: () => void;
  /** Asks in writing; the turn is among `turns` at once. @throws CallError `session_closed` */
  readonly say: (text: string) => Turn;
  /** Does something with the open call: `run((call) => call.cameraOff())`. What goes wrong is `error`. */
  readonly run: (work: (call: Call) => unknown) => Promise<void>;
}

/**
 * A call that lives as long as the component.
 *
 * ```tsx
 * const { status, turns, start, close } = useCall({ microphone: true, camera: true });
 * ```
 * Options are read when a call is begun: one that is open is not begun anew where they change. Give the component another `key` for that.
 */
export function useCall(options: UseCallOptions = {}): UseCall {
  const [store] = useState(() => new CallStore());
  const latest = useRef(options);
  useEffect(() => void (latest.current = options));

  const actions = useMemo(
    () => ({
      start(): void {
        const { autoStart: _, connect: dial = connect, ...rest } = latest.current;
        store.start(rest, dial);
      },
      close: () => store.close(),
      say: (text: string) => store.say(text),
      run: (work: (call: Call) => unknown) => store.run(work),
    }),
    [store],
  );

  const { autoStart = false } = options;
  useEffect(() => {
    const release = store.hold();
    if (autoStart) actions.start();
    return release;
  }, [store, actions, autoStart]);

  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, () => IDLE);
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions]);
}
