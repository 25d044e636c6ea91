import { CallError } from './errors.js';

/** What can become of a connection that is being made. */
export interface Opening {
  /** The data channel is open. */
  opened(): void;
  failed(): void;
}

/**
 * Waits for a connection.
 * @param watch subscribes to the events, which browsers and werift name differently
 * @throws CallError `connect_failed`, `connect_timeout`
 */
export function whenOpen(timeoutMs: number, watch: (opening: Opening) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    timer = setTimeout(
      () => reject(new CallError('connect_timeout', `No connection within ${timeoutMs} ms.`)),
      timeoutMs,
    );
    watch({
      opened: resolve,
      failed: () => reject(new CallError('connect_failed', 'The connection failed.')),
    });
  });
  // Handled here as well, because a refused offer leaves nobody waiting for it.
  promise.catch(() => undefined).finally(() => clearTimeout(timer));
  return promise;
}
