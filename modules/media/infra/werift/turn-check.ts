import { createTurnClient } from 'werift';

import { readTurnUrl } from '../../core/ice/turn-url.js';

/** A TURN server, as a client is told of it. */
export interface TurnAccount {
  readonly url: string;
  readonly username: string;
  readonly credential: string;
}

const PATIENCE_MS = 5000;

/**
 * Asks a TURN server for a relayed address, and gives it back.
 * @returns the address; rejects with the server's reason, or that there is none
 */
export async function allocate({ url, username, credential }: TurnAccount): Promise<string> {
  const server = readTurnUrl(url);
  if (!server) throw new Error('it is no URL of a TURN server');
  if (server.transport === 'dtls') throw new Error('TURN over DTLS is not tried');
  const { host, port, transport } = server;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  const asked = createTurnClient(
    { address: [host, port], username, password: credential },
    { transport, connectTimeoutMs: PATIENCE_MS },
  );
  // Where it comes too late, it is given back all the same.
  asked.then((client) => client.close()).catch(() => undefined);
  try {
    const client = await Promise.race([asked, late]);
    return client.relayedAddress.join(':');
  } finally {
    clearTimeout(timer);
  }
}
