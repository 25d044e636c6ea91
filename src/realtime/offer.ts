import {
  check,
  parseSessionPatch,
  resumeRequestSchema,
  type ResumeRequest,
  type SessionPatch,
} from '@vis-a-vis/protocol';
import { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import { jsonOf, valueOf } from './body.js';

/** What a client posts to open a call. */
export interface Offer {
  readonly sdp: string;
  /** The session it wants from the start; fields left out have their defaults. */
  readonly session: SessionPatch;
  /** It comes back to a call that has lost its connection. */
  readonly resume?: ResumeRequest;
}

/** What is wrong with either is told by who reads it. */
const jsonOfferSchema = z.strictObject({
  sdp: z.unknown().optional(),
  session: z.unknown().optional(),
  resume: z.unknown().optional(),
});

/**
 * Reads an offer in any of the three forms that stock clients use: raw SDP, a multipart form with the parts `sdp` and
 * `session` (others than these and `resume` are not looked at: frameworks add their own), or JSON `{sdp, session, resume}`.
 * @throws VisavisError `bad_content_type`, `bad_sdp`, `bad_request`, `unknown_parameter`, `invalid_json`
 */
export async function readOffer(contentType: string | undefined, body: Uint8Array): Promise<Offer> {
  const mime = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  switch (mime) {
    case 'application/sdp':
      return offer(text(body), undefined, undefined);
    case 'application/json': {
      const { sdp, session, resume } = valueOf(check(jsonOfferSchema, parseJson(text(body), null)));
      return offer(sdp, session, resume);
    }
    case 'multipart/form-data': {
      const form = await readForm(contentType ?? '', body);
      const [session, resume] = await Promise.all([part(form, 'session'), part(form, 'resume')]);
      return offer(
        await part(form, 'sdp'),
        session === undefined ? undefined : parseJson(session, 'session'),
        resume === undefined ? undefined : parseJson(resume, 'resume'),
      );
    }
    default:
      throw new VisavisError(
        'bad_content_type',
        'Content-Type must be application/sdp, multipart/form-data or application/json.',
      );
  }
}

function offer(sdp: unknown, session: unknown, resume: unknown): Offer {
  if (typeof sdp !== 'string' || sdp.trim() === '') {
    throw new VisavisError('bad_sdp', 'The offer has no SDP.', 'sdp');
  }
  return {
    sdp,
    session: valueOf(parseSessionPatch(session ?? {})),
    ...(resume != null && { resume: valueOf(check(resumeRequestSchema, resume, 'resume')) }),
  };
}

/** Node's own multipart parser: it reads parts without file name and content type, as stock clients send them. */
async function readForm(contentType: string, body: Uint8Array): Promise<FormData> {
  try {
    return await new Response(Uint8Array.from(body), { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new VisavisError('bad_request', 'The body is not a multipart form.', null, { cause });
  }
}

async function part(form: FormData, name: string): Promise<string | undefined> {
  const value = form.get(name);
  if (value === null) return undefined;
  return typeof value === 'string' ? value : value.text();
}

function parseJson(json: string, param: string | null): unknown {
  return jsonOf(json, param ?? 'The body', param);
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
