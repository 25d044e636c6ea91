import type { IceServer, IceServers, SessionPatch } from '@vis-a-vis/protocol';
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

/** What came of an offer. */
export interface Answered {
  readonly sdp: string;
  /** Where the call takes further offers, or null where the gateway did not say. */
  readonly call: URL | null;
}

/**
 * Takes an offer to a gateway.
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function exchange(
  { url, apiKey }: GatewayAddress,
  sdp: string,
  session: SessionPatch | undefined,
): Promise<Answered> {
  const form = new FormData();
  form.set('sdp', sdp);
  const visavis = { ...ALL_VENDOR_EVENTS, ...session?.visavis };
  form.set('session', JSON.stringify({ type: 'realtime', ...session, visavis }));
  const response = await ask(callsOf(url), apiKey, { method: 'POST', body: form });
  const location = response.headers.get('location');
  const call = location === null ? null : new URL(location, response.url);
  return { sdp: await response.text(), call };
}

/**
 * Takes a further offer to a call that is open, which begins ICE anew or changes its tracks.
 * @returns the answer's SDP
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function offerAgain(call: URL, sdp: string, apiKey: string | undefined): Promise<string> {
  const headers = { 'content-type': 'application/sdp' };
  const response = await ask(call, apiKey, { method: 'POST', headers, body: sdp });
  return response.text();
}

/**
 * Servers that the gateway has for its clients' ICE.
 * @returns none where it has none, or cannot tell: the call is tried without them, and tells what is wrong
 */
export async function iceServersOf({ url, apiKey }: GatewayAddress): Promise<readonly IceServer[]> {
  try {
    const response = await ask(new URL('ice_servers', callsOf(url)), apiKey, { method: 'GET' });
    return ((await response.json()) as IceServers).ice_servers;
  } catch {
    return [];
  }
}

/** @throws CallError with the gateway's code, or `connect_failed` */
async function ask(
  url: URL,
  apiKey: string | undefined,
  request: { method: string; headers?: Readonly<Record<string, string>>; body?: string | FormData },
): Promise<Response> {
  const headers = { ...request.headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) };
  const response = await fetch(url, { ...request, headers }).catch((cause: unknown) => {
    throw new CallError('connect_failed', `The gateway cannot be reached: ${String(cause)}`);
  });
  if (response.ok) return response;
  throw refusal(response.status, await response.text());
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
