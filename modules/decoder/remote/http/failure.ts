import { VisavisError } from '#modules/contracts';

/**
 * `unreachable`: no connection, or one that ended too early. `overdue`: it did not answer in time. `busy`: 429, 503. `broken`:
 * another 5xx. `malformed`: what it sends is no answer. `refused`: 4xx. `too_long`: the context does not fit. `aborted`: by us.
 */
export type FailureKind =
  'unreachable' | 'overdue' | 'busy' | 'broken' | 'malformed' | 'refused' | 'too_long' | 'aborted';

/** A request that failed. Its message holds nothing of what was asked, and no key. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** HTTP; null: there was none. */
  readonly status: number | null;
  /** What the server asked for (`Retry-After`). */
  readonly retryAfterMs: number | null;
  /** What the server said of it: for whoever asked, and for no log. */
  readonly said: string;
  /** The setting by which it is overdue; null: it is by none. */
  readonly patience: string | null;

  constructor(
    kind: FailureKind,
    message: string,
    o: {
      status?: number;
      retryAfterMs?: number | null;
      said?: string;
      patience?: string | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: o.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.status = o.status ?? null;
    this.retryAfterMs = o.retryAfterMs ?? null;
    this.said = o.said ?? '';
    this.patience = o.patience ?? null;
  }

  /** The server is to blame, and not what was asked. */
  get isFault(): boolean {
    return (
      this.kind !== 'refused' && this.kind !== 'too_long' && this.kind !== 'aborted' && this.status !== 429
    );
  }

  /** The same request may succeed, here or elsewhere. */
  get isPassing(): boolean {
    return (
      this.kind === 'unreachable' || this.kind === 'overdue' || this.kind === 'busy' || this.kind === 'broken'
    );
  }

  /** Nobody listens there: that is no matter of chance. */
  get isRefusedConnection(): boolean {
    return NOBODY_THERE.has(codeOf(this.cause) ?? '');
  }

  toError(): VisavisError {
    const options = { cause: this };
    switch (this.kind) {
      case 'aborted':
        return new VisavisError('aborted', 'the request was aborted', null, options);
      case 'too_long':
        return new VisavisError(
          'context_full',
          'the context is longer than the inference server takes',
          null,
          options,
        );
      case 'busy':
        return new VisavisError('capacity', this.message, null, options);
      case 'unreachable':
      case 'overdue':
      case 'broken':
        return new VisavisError('engine_restarting', this.message, null, options);
      case 'refused':
      case 'malformed': {
        const said = this.said === '' ? '' : `: ${this.said}`;
        return new VisavisError('engine_failed', `${this.message}${said}`, null, options);
      }
    }
  }
}

/** Node's name for what a connection met; null: it says none. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

const NOBODY_THERE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);

const TOO_LONG =
  /context[ _](length|size|window)|maximum (model|context)|too (long|many tokens)|exceed_context|exceeds? the (available|max)/i;

/** @param body of an answer that is no success */
export function failureOf(status: number, body: string, retryAfter: string | null): Failure {
  const said = status === 401 || status === 403 ? '' : messageIn(body);
  const seconds = Number(retryAfter ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
  const o = { status, said, retryAfterMs };
  const message = `the inference server answers ${status}${hintOf(status)}`;
  if (status === 429 || status === 503) return new Failure('busy', message, o);
  if (TOO_LONG.test(said)) return new Failure('too_long', message, o);
  return new Failure(status >= 500 ? 'broken' : 'refused', message, o);
}

/** What an operator has to look at. */
function hintOf(status: number): string {
  if (status === 401 || status === 403) return ' (it wants a key, or another one)';
  return status >= 300 && status < 400 ? ' (it redirects, and is not followed)' : '';
}

function messageIn(body: string): string {
  try {
    const parsed = JSON.parse(body) as {
      error?: { message?: unknown } | string;
      message?: unknown;
      detail?: unknown;
    };
    const { error } = parsed;
    const found = (typeof error === 'object' ? error?.message : error) ?? parsed.message ?? parsed.detail;
    return typeof found === 'string' ? found.slice(0, 200) : '';
  } catch {
    return '';
  }
}
