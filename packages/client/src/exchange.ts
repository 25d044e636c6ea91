import type { SessionPatch } from '@vis-a-vis/protocol';
import { CallError } from './session.js';

/** Without them, `timing` and `frame` would never be emitted. */
const ALL_VENDOR_EVENTS: NonNullable<SessionPatch['visavis']> = {
  events: ['turn.timing', 'frame.attended', 'context'],
};

/** A gateway, and what one is to it. */
export interface GatewayAddress {
  /** Of the gateway: `https://host`, or `https://host/path` where a proxy has it below a path. */
  readonly url: string | URL;
  /** A key of the gateway, a client secret (`ek_…`), or a token; a gateway without keys needs none. */
  readonly apiKey?: string | undefined;
}

/**
 * Takes an offer to a gateway.
 * @returns the answer's SDP
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function exchange(
  { url, apiKey }: GatewayAddress,
  sdp: string,
  session: SessionPatch | undefined,
): Promise<string> {
  const form = new FormData();
  form.set('sdp', sdp);
  const visavis = { ...ALL_VENDOR_EVENTS, ...session?.visavis };
  form.set('session', JSON.stringify({ type: 'realtime', ...session, visavis }));
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const request = { method: 'POST', headers, body: form };
  const response = await fetch(callsOf(url), request).catch((cause: unknown) => {
    throw new CallError('connect_failed', `The gateway cannot be reached: ${String(cause)}`);
  });
  const text = await response.text();
  if (response.ok) return text;
  throw refusal(response.status, text);
}

/** @returns where calls are opened, below the path of the gateway, whether or not that has a slash at its end */
export function callsOf(url: string | URL): URL {
  const base = new URL(url);
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return new URL('v1/realtime/calls', base);
}

/** The gateway's reason; where something else answered (a proxy), what it said. */
function refusal(status: number, text: string): CallError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new CallError(error.code, error.message);
  } catch {
    return new CallError('connect_failed', `HTTP ${status}: ${text.slice(0, 200)}`);
  }
}
