import { ERRORS, type VisavisError } from '#modules/contracts';

/** Seconds after which a client may try again when there was no room. */
const RETRY_AFTER_S = 2;

/** What a refusal by HTTP says beside its body: when to come back, how to bring a key, what to ask for instead. */
export function refusalHeaders({ code, retryAfterS }: VisavisError): Readonly<Record<string, string>> {
  const { status, retryable } = ERRORS[code];
  const afterS = retryAfterS ?? (status === 503 && retryable ? RETRY_AFTER_S : null);
  return {
    ...(afterS !== null && { 'Retry-After': String(afterS) }),
    ...(status === 426 && { Upgrade: 'websocket', Connection: 'Upgrade' }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
}
