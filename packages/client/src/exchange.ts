import type { IceServer, IceServers, ResumeRequest, SessionPatch } from '@vis-a-vis/protocol';
import { CallError } from './errors.js';

/** Without them, `timing` and `frame` would never be emitted. */
const ALL_VENDOR_EVENTS: NonNullable<SessionPatch['visavis']> = {
  events: ['turn.timing', 'frame.attended', 'context'],
};

/** A gateway, and what one is to it. */
export interface GatewayAddress {
  /** Of the gateway: `https://host`, or `https://host/path` where a proxy has it below a path. */
  readonly url: string | URL;
  /** A key of the gateway, a client secret (`ek_…`), or a token, or what fetches one; a gateway without keys needs none. */
  readonly apiKey?: ApiKey;
}

export type ApiKey = string | (() => string | Promise<string>) | undefined;

/** What came of an offer. */
export interface Answered {
  readonly sdp: string;
  /** Where the call takes further offers, or null where the gateway did not say. */
  readonly call: URL | null;
}

/** What an offer is for. */
export interface Wanted {
  readonly session?: SessionPatch | undefined;
  /** A call that goes on by it, with the session that it has. */
  readonly resume?: ResumeRequest | undefined;
}

/**
 * Takes an offer to a gateway.
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function exchange(
  { url, apiKey }: GatewayAddress,
  sdp: string,
  { session, resume }: Wanted,
  signal?: AbortSignal,
): Promise<Answered> {
  const form = new FormData();
  form.set('sdp', sdp);
  const visavis = { ...ALL_VENDOR_EVENTS, ...session?.visavis };
  if (resume) form.set('resume', JSON.stringify(resume));
  else form.set('session', JSON.stringify({ type: 'realtime', ...session, visavis }));
  const response = await ask(callsOf(url), apiKey, { method: 'POST', body: form, signal });
  const location = response.headers.get('location');
  const call = location === null ? null : new URL(location, response.url);
  return { sdp: await response.text(), call };
}

/**
 * Takes a further offer to a call that is open, which begins ICE anew or changes its tracks.
 * @returns the answer's SDP
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function offerAgain(
  call: URL,
  sdp: string,
  apiKey: ApiKey,
  signal?: AbortSignal,
): Promise<string> {
  const headers = { 'content-type': 'application/sdp' };
  const response = await ask(call, apiKey, { method: 'POST', headers, body: sdp, signal });
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

interface Request {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  readonly signal?: AbortSignal | undefined;
}

/** How long a gateway may take to answer (ms): a network that is gone says nothing. */
const ANSWER_MS = 10_000;

/** @throws CallError with the gateway's code, or `connect_failed`; the signal's reason */
async function ask(url: URL, apiKey: ApiKey, { signal, ...request }: Request): Promise<Response> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort();
  const timer = setTimeout(abort, ANSWER_MS);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    return await asked(url, apiKey, { ...request, signal: giveUp.signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function asked(url: URL, apiKey: ApiKey, { signal, ...request }: Request): Promise<Response> {
  const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
  const headers = { ...request.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url, { ...request, headers, ...(signal && { signal }) }).catch(
    (cause: unknown) => {
      throw new CallError('connect_failed', `The gateway cannot be reached: ${String(cause)}`, { cause });
    },
  );
  if (response.ok) return response;
  throw refusal(response, await response.text());
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
function refusal({ status, headers }: Response, text: string): CallError {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null;
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; param?: string | null } };
    return new CallError(error.code, error.message, { param: error.param ?? null, retryAfterMs });
  } catch {
    return new CallError('connect_failed', `HTTP ${status}: ${text.slice(0, 200)}`, { retryAfterMs });
  }
}
