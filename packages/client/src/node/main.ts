import type { Call } from '../call/call.js';
import type { ConnectOptions } from '../call/options.js';

export * from '../shared.js';

/** As in a browser. werift is loaded by the first call: a server that only renders a page does without. */
export async function connect(options: ConnectOptions = {}): Promise<Call> {
  const { connect: open } = await import('./connect.js');
  return open(options);
}
