/** Every error code a user of the gateway can meet. `retryable`: the same request may succeed later. */
export const ERRORS = {
  bad_content_type: { status: 415, retryable: false, type: 'invalid_request_error' },
  bad_request: { status: 400, retryable: false, type: 'invalid_request_error' },
  bad_sdp: { status: 400, retryable: false, type: 'invalid_request_error' },
  no_audio_in_offer: { status: 400, retryable: false, type: 'invalid_request_error' },
  /** An offer that can be read, and cannot be taken as a whole (WHIP). */
  unacceptable_offer: { status: 422, retryable: false, type: 'invalid_request_error' },
  /** The address is that of a WebSocket. */
  upgrade_required: { status: 426, retryable: false, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, retryable: false, type: 'invalid_request_error' },
  /** The request must say which ICE session it is about (`If-Match`). */
  precondition_required: { status: 428, retryable: false, type: 'invalid_request_error' },
  /** The request is about an ICE session that is over. */
  precondition_failed: { status: 412, retryable: false, type: 'invalid_request_error' },
  payload_too_large: { status: 413, retryable: false, type: 'invalid_request_error' },
  not_found: { status: 404, retryable: false, type: 'invalid_request_error' },
  invalid_json: { status: 400, retryable: false, type: 'invalid_request_error' },
  unknown_event: { status: 400, retryable: false, type: 'invalid_request_error' },
  invalid_event: { status: 400, retryable: false, type: 'invalid_request_error' },
  unknown_parameter: { status: 400, retryable: false, type: 'invalid_request_error' },
  message_too_large: { status: 413, retryable: false, type: 'invalid_request_error' },
  /** No key came with the request, and this gateway asks for one. */
  missing_api_key: { status: 401, retryable: false, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, retryable: false, type: 'invalid_request_error' },
  expired_api_key: { status: 401, retryable: false, type: 'invalid_request_error' },
  /** The identity provider's public keys cannot be had. */
  identity_unavailable: { status: 503, retryable: true, type: 'server_error' },
  /** The key is good, and not for this. */
  insufficient_permissions: { status: 403, retryable: false, type: 'invalid_request_error' },
  /** A page of this origin may not use the gateway, or not with this key. */
  origin_not_allowed: { status: 403, retryable: false, type: 'invalid_request_error' },
  /** The client secret fixes this field of the session; `param` is the field. */
  session_fixed: { status: 403, retryable: false, type: 'invalid_request_error' },
  /** `param` is the limit: `sessions_per_minute`, `concurrent_calls`, `client_secrets`. */
  rate_limit_exceeded: { status: 429, retryable: true, type: 'rate_limit_error' },
  /** The minutes of the key's day are used up. */
  insufficient_quota: { status: 429, retryable: true, type: 'rate_limit_error' },
  item_not_found: { status: 404, retryable: false, type: 'invalid_request_error' },
  /** The conversation's items hold as much text as may be: some have to be deleted first. */
  conversation_full: { status: 409, retryable: false, type: 'invalid_request_error' },
  conversation_already_has_active_response: { status: 409, retryable: true, type: 'invalid_request_error' },
  /** The question or result that a response was asked for was refused, and nothing else waits for an answer. */
  nothing_to_answer: { status: 409, retryable: false, type: 'invalid_request_error' },
  response_cancel_not_active: { status: 409, retryable: false, type: 'invalid_request_error' },
  item_create_duplicate_item_id: { status: 409, retryable: false, type: 'invalid_request_error' },
  /** A result names a call that is not in the conversation. */
  invalid_tool_call_id: { status: 400, retryable: false, type: 'invalid_request_error' },
  /** A tool must be called, and the model calls none. */
  tools_unsupported: { status: 400, retryable: false, type: 'invalid_request_error' },
  /** An answer can be cut only where it is known how far it was read. */
  truncation_unsupported: { status: 400, retryable: false, type: 'invalid_request_error' },
  /** What was said cannot be written down: the model does not do that, or the sound is gone. */
  transcription_failed: { status: 500, retryable: false, type: 'server_error' },
  input_audio_buffer_commit_empty: { status: 400, retryable: false, type: 'invalid_request_error' },
  bad_image: { status: 400, retryable: false, type: 'invalid_request_error' },
  bad_audio: { status: 400, retryable: false, type: 'invalid_request_error' },
  undecodable_frame: { status: 400, retryable: true, type: 'media_error' },
  /** Appended further ahead of real time than the gateway takes: that piece was left out. */
  audio_too_fast: { status: 429, retryable: true, type: 'invalid_request_error' },
  capacity: { status: 503, retryable: true, type: 'server_error' },
  aborted: { status: 409, retryable: true, type: 'server_error' },
  shed: { status: 503, retryable: true, type: 'server_error' },
  stale_checkpoint: { status: 409, retryable: false, type: 'server_error' },
  context_full: { status: 409, retryable: false, type: 'server_error' },
  engine_restarting: { status: 503, retryable: true, type: 'server_error' },
  draining: { status: 503, retryable: true, type: 'server_error' },
  engine_failed: { status: 500, retryable: true, type: 'server_error' },
  /** A bug: the call that met it is ended, and no other. */
  internal_error: { status: 500, retryable: true, type: 'server_error' },
  /** An event of ours is larger than the client takes (`a=max-message-size`), or than 256 KiB; `param` is its type. */
  event_too_large: { status: 413, retryable: false, type: 'server_error' },
  /** So much waits for the client that it is cut off. */
  slow_client: { status: 408, retryable: true, type: 'invalid_request_error' },
  /** A part that a call rests on is lost for good; `param` is the part. The call goes on without. */
  part_lost: { status: 503, retryable: true, type: 'server_error' },
  /** No call goes on by this token: it has been used, its call is over, it is somebody else's, or nobody's. */
  resume_not_found: { status: 404, retryable: false, type: 'invalid_request_error' },
  /** The call was kept for a client that did not come back in time, and is over. */
  resume_expired: { status: 410, retryable: false, type: 'invalid_request_error' },
  /** Events that the client missed are kept no more; the call goes on. `param` is their number. */
  events_lost: { status: 410, retryable: false, type: 'server_error' },
  session_expired: { status: 410, retryable: false, type: 'invalid_request_error' },
  session_closed: { status: 410, retryable: false, type: 'server_error' },
  bad_config: { status: 500, retryable: false, type: 'config_error' },
  /** A recorded call that cannot be replayed: no capture, or of another version. */
  bad_capture: { status: 400, retryable: false, type: 'config_error' },
  bad_model: { status: 500, retryable: false, type: 'config_error' },
} as const satisfies Record<string, { status: number; retryable: boolean; type: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface VisavisErrorOptions extends ErrorOptions {
  readonly retryAfterS?: number;
}

/** The one error class that crosses module borders; anything else is a bug and is reported as `internal_error`. */
export class VisavisError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryable: boolean;
  /** Seconds after which it is worth to try again; null: not known. */
  readonly retryAfterS: number | null;

  constructor(code: ErrorCode, message: string, param: string | null = null, options?: VisavisErrorOptions) {
    super(message, options);
    this.retryAfterS = options?.retryAfterS ?? null;
    this.name = 'VisavisError';
    this.code = code;
    this.param = param;
    this.retryable = ERRORS[code].retryable;
  }
}
