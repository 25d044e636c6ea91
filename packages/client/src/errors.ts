/** Codes after which the same thing, done again, may succeed: the gateway's (docs/protocol.md), and those of the SDK's own. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'identity_unavailable',
  'rate_limit_exceeded',
  'insufficient_quota',
  'conversation_already_has_active_response',
  'undecodable_frame',
  'audio_too_fast',
  'capacity',
  'aborted',
  'shed',
  'engine_restarting',
  'draining',
  'engine_failed',
  'internal_error',
  'slow_client',
  'part_lost',
  // The SDK's own.
  'connect_failed',
  'connect_timeout',
  'connection_lost',
  'device_busy',
]);

export interface CallErrorOptions extends ErrorOptions {
  /** Which field of what was sent the error is about. */
  readonly param?: string | null;
  /** Time after which it is worth to try again (ms), where the gateway said so. */
  readonly retryAfterMs?: number | null;
}

/**
 * Whatever goes wrong with a call. `code` is one of the gateway's error table, or one of the SDK's: `connect_failed`,
 * `connect_timeout`, `connection_lost`, `session_closed`, `bad_option`, `not_supported`, `permission_denied`, `no_device`, `device_busy`,
 * `device_failed`, `track_ended`, `tool_failed`, `voice_failed`, `bad_image`, `message_too_large`.
 */
export class CallError extends Error {
  readonly param: string | null;
  /** The same thing, done again, may succeed. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    readonly code: string,
    message: string,
    options: CallErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'CallError';
    this.param = options.param ?? null;
    this.retryable = RETRYABLE.has(code);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
