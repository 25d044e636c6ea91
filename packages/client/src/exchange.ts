import type { SessionPatch } from '@vis-a-vis/protocol';
import { CallError } from './session.js';

/** Without them, `timing` and `frame` would never be emitted. */
const ALL_VENDOR_EVENTS: NonNullable<SessionPatch['visavis']> = {
  events: ['turn.timing', 'frame.attended', 'context'],
};

/**
 * Takes an offer to a gateway.
 * @returns the answer's SDP
 * @throws CallError with the gateway's code, or `connect_failed`
 */
export async function exchange(
  url: string | URL,
  sdp: string,
  session: SessionPatch | undefined,
): Promise<string> {
  const form = new FormData();
  form.set('sdp', sdp);
  const visavis = { ...ALL_VENDOR_EVENTS, ...session?.visavis };
  form.set('session', JSON.stringify({ type: 'realtime', ...session, visavis }));
  const address = new URL('/v1/realtime/calls', url);
  const response = await fetch(address, { method: 'POST', body: form }).catch((cause: unknown) => {
    throw new CallError('connect_failed', `The gateway cannot be reached: ${String(cause)}`);
  });
  const text = await response.text();
  if (response.ok) return text;
  throw refusal(response.status, text);
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
