import type { IncomingMessage } from 'node:http';
import { readJson, type Checked } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';

/**
 * The body of a request as text; empty where it has none.
 * @param type the one media type that is taken
 * @throws VisavisError `bad_content_type`, also for an empty body that says nothing of its type unless `mayBeMissing`
 */
export function textOf(
  { body, headers }: IncomingMessage & { readonly body?: unknown },
  type: string,
  mayBeMissing = false,
): string {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  if (mayBeMissing && bytes.length === 0) return '';
  const mime = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mime !== type) throw new VisavisError('bad_content_type', `Content-Type must be ${type}.`);
  return new TextDecoder().decode(bytes);
}

/** What was read of a body. @throws VisavisError what is wrong with it: `bad_request`, `unknown_parameter`, … */
export function valueOf<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  const { code, message, param } = checked.problem;
  throw new VisavisError(code === 'invalid_event' ? 'bad_request' : code, message, param);
}

/**
 * The JSON of a body, or of a part of one.
 * @throws VisavisError `invalid_json`, `bad_request` where it is nested too deep
 */
export function jsonOf(text: string, what = 'The body', param: string | null = null): unknown {
  const read = readJson(text, what);
  return valueOf(read.ok ? read : { ok: false, problem: { ...read.problem, param } });
}
