'use client';

import type { Call, CallEvents } from '@vis-a-vis/client';
import { useEffect, useState } from 'react';

/**
 * What an event of the call told last: `useCallEvent(call, 'level', 0)` is a level meter. What costs something (`level`, `quality`)
 * is measured while a component that asks for it is there.
 */
export function useCallEvent<K extends keyof CallEvents>(
  call: Call | null,
  name: K,
  initial: CallEvents[K],
): CallEvents[K] {
  const [value, setValue] = useState(initial);
  useEffect(() => call?.on(name, (told) => setValue(() => told)), [call, name]);
  return value;
}
