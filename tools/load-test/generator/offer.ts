import { CallError } from '@vis-a-vis/client/node';

/** A server that speaks OpenAI's Realtime over WebRTC. */
export interface Target {
  /** `https://host`, or `https://host/path` where it is below a path. */
  readonly url: string;
  readonly apiKey: string | null;
  /** `openai`: it knows no field and no event of ours. */
  readonly kind: 'visavis' | 'openai';
  /** For servers that want to be told; null: they are not. */
  readonly model: string | null;
}

/**
 * Takes an offer to the server.
 * @returns its answer
 * @throws CallError with the server's code, `http_NNN` where it told none, or `connect_failed`
 */
export async function postOffer(target: Target, sdp: string, session: object): Promise<string> {
  const form = new FormData();
  form.set('sdp', sdp);
  form.set('session', JSON.stringify({ type: 'realtime', ...session }));
  const headers = target.apiKey === null ? {} : { authorization: `Bearer ${target.apiKey}` };
  const response = await fetch(below(target.url, 'v1/realtime/calls'), {
    method: 'POST',
    headers,
    body: form,
  }).catch((cause: unknown) => {
    throw new CallError('connect_failed', String(cause));
  });
  const text = await response.text();
  if (!response.ok) throw new CallError(codeIn(text) ?? `http_${response.status}`, text.slice(0, 200));
  return text;
}

/** A path below a base, whether or not that ends in a slash. */
export function below(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}

function codeIn(text: string): string | null {
  try {
    return (JSON.parse(text) as { error?: { code?: string } }).error?.code ?? null;
  } catch {
    return null;
  }
}
