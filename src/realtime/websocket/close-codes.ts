/** What a WebSocket is closed with (RFC 6455, 7.4), by the reason that a call ends for. */
const CODES: Readonly<Record<string, number>> = {
  hangup: 1000,
  closed_by_peer: 1000,
  closed_by_us: 1000,
  resumed: 1000,
  shutdown: 1001,
  session_expired: 1001,
  resume_expired: 1001,
  slow_client: 1008,
  insufficient_quota: 1008,
  invalid_api_key: 1008,
  expired_api_key: 1008,
  message_too_large: 1009,
  internal_error: 1011,
  no_pong: 1011,
  capacity: 1013,
  engine_restarting: 1013,
};

/** Of a reason that is not listed it is an error of ours. */
export function closeCode(reason: string): number {
  return CODES[reason] ?? 1011;
}
