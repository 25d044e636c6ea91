import { ChatServer } from './http/chat-server.js';
import { Failure } from './http/failure.js';
import type { RemoteOptions } from './options.js';
import { identify } from './probe/identify.js';
import { baseOf, settingsOf } from './settings.js';

/** What was tried, and what came of it. */
export interface ServerFinding {
  readonly state: 'ok' | 'fail';
  readonly what: string;
}

/** Asks each inference server of the settings what it serves. Its model is asked nothing. */
export async function checkServers(options: RemoteOptions): Promise<readonly ServerFinding[]> {
  const settings = settingsOf(options);
  const { model, flavour, transcriptions } = settings;
  const { signal } = new AbortController();
  const at = (url: string) => new ChatServer({ ...settings, url });
  const ask = async (server: ChatServer): Promise<ServerFinding> => {
    try {
      const identity = await identify(server, { model, flavour }, signal);
      return { state: 'ok', what: `${server.name} serves ${identity.model} (${identity.flavour})` };
    } catch (error) {
      return failed(server, error);
    }
  };
  // Not all that write down what is said list their models.
  const reach = async (server: ChatServer): Promise<ServerFinding> => {
    try {
      await server.get('/v1/models', signal);
    } catch (error) {
      const isThere = error instanceof Failure && (error.status === 404 || error.kind === 'malformed');
      if (!isThere) return failed(server, error);
    }
    return { state: 'ok', what: `${server.name} answers (transcriptions)` };
  };
  return Promise.all([
    ...settings.urls.map((url) => ask(at(url))),
    ...(transcriptions ? [reach(at(baseOf(transcriptions.url)))] : []),
  ]);
}

/** @throws what is no failure of the server */
function failed(server: ChatServer, error: unknown): ServerFinding {
  if (!(error instanceof Failure)) throw error;
  return { state: 'fail', what: `${server.name}: ${error.message}` };
}
