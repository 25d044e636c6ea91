/** The subprotocol by which a browser, which cannot set headers on a WebSocket, gives its key. */
const KEY_PROTOCOL = 'openai-insecure-api-key.';

/** The headers of a request that say who asks. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly 'sec-websocket-protocol'?: string | undefined;
}

/** @returns the key that came with a request, or null */
export function keyOf(headers: RequestHeaders): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const key = protocols.find((one) => one.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
  return key === undefined || key === '' ? null : key;
}
