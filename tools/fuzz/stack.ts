/** Where a process of Node is right now, though its event loop does not turn: what keeps it busy. */

const WAIT_MS = 8000;

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly location: { readonly lineNumber: number };
}
interface Message {
  readonly method?: string;
  readonly params?: { readonly callFrames?: readonly Frame[] };
}

/**
 * Stops the process by its inspector, and reads its stack.
 * @param inspector its WebSocket; Node opens it on SIGUSR1 and says where in its log
 * @returns one line a frame, the innermost first; none where it cannot be stopped: then it is not JavaScript that runs
 */
export function stackOf(inspector: string): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const socket = new WebSocket(inspector);
  const timer = setTimeout(() => resolve([]), WAIT_MS);
  socket.addEventListener('error', () => resolve([]));
  socket.addEventListener('open', () => {
    for (const [n, method] of ['Debugger.enable', 'Debugger.pause'].entries())
      socket.send(JSON.stringify({ id: n + 1, method }));
  });
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message;
    if (method !== 'Debugger.paused') return;
    resolve(
      (params?.callFrames ?? []).map(
        ({ functionName, url, location }) =>
          `at ${functionName || '(anonymous)'} ${url}:${location.lineNumber + 1}`,
      ),
    );
  });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}
