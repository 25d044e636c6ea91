import type { SessionPatch } from '@vis-a-vis/protocol';
import { CallError } from '@vis-a-vis/client/node';

/** What came of an offer. */
export interface Answered {
  readonly id: string;
  readonly sdp: string;
}

/**
 * Takes an offer to the gateway, as the client does, and also finds out how the call is called there.
 * @param signal gives the request up
 * @throws CallError with the gateway's code; whatever fetch throws where the request fails
 */
export async function postOffer(
  url: string,
  sdp: string,
  { session, signal }: { session?: SessionPatch; signal?: AbortSignal },
): Promise<Answered> {
  const form = new FormData();
  form.set('sdp', sdp);
  form.set('session', JSON.stringify({ type: 'realtime', ...session }));
  const response = await fetch(new URL('v1/realtime/calls', url), {
    method: 'POST',
    body: form,
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (!response.ok) throw new CallError(codeIn(text) ?? `http_${response.status}`, text.slice(0, 200));
  const id = response.headers.get('location')?.split('/').at(-1);
  if (!id) throw new CallError('no_location', 'The answer does not say where the call is.');
  return { id, sdp: text };
}

/** @returns HTTP status */
export async function hangUp(url: string, id: string): Promise<number> {
  const response = await fetch(new URL(`v1/realtime/calls/${id}/hangup`, url), { method: 'POST' });
  await response.arrayBuffer();
  return response.status;
}

function codeIn(text: string): string | null {
  try {
    return (JSON.parse(text) as { error?: { code?: string } }).error?.code ?? null;
  } catch {
    return null;
  }
}
