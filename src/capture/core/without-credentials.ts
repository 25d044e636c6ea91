/**
 * A message to a client, as it may be kept. What a client is told for its ICE has user names and passwords of TURN servers; it is in the
 * first event only.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes('"ice_servers"')) return text;
  try {
    return JSON.stringify(JSON.parse(text), (key, value: unknown) =>
      key === 'ice_servers' && Array.isArray(value) ? [] : value,
    );
  } catch {
    return '';
  }
}
