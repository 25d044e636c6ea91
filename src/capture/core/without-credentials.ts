/**
 * A message to a client, as it may be kept. What a client is told for its ICE has user names and passwords of TURN servers, and what it
 * comes back to its call by is good for whoever has it.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes('"ice_servers"') && !text.includes('"token"')) return text;
  try {
    return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
      if (key === 'ice_servers' && Array.isArray(value)) return [];
      return key === 'resume' && isTicket(value) ? { ...value, token: '' } : value;
    });
  } catch {
    return '';
  }
}

function isTicket(value: unknown): value is { token: string } {
  return typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string';
}
