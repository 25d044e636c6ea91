/** A TURN server as its URL has it (RFC 7065). */
export interface TurnServer {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls' | 'dtls';
}

/** @returns null for what is no URL of a TURN server */
export function readTurnUrl(url: string): TurnServer | null {
  const read = /^(turns?):(\[[\da-f:.]+\]|[^:?[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  if (!read) return null;
  const [, scheme = '', host = '', port, by] = read;
  const secure = scheme.toLowerCase() === 'turns';
  const overUdp = (by ?? (secure ? 'tcp' : 'udp')).toLowerCase() === 'udp';
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? (secure ? 5349 : 3478) : Number(port),
    transport: overUdp ? (secure ? 'dtls' : 'udp') : secure ? 'tls' : 'tcp',
  };
}
