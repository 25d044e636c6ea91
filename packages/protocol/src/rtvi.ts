import { z } from 'zod';
import { readJson } from './json.js';
import { parseSessionPatch, type SessionPatch } from './session.js';
import { pathName, type Checked, type Problem } from './strict.js';

/** RTVI, as the clients of Pipecat speak it over a data channel: what of it is understood, and what is said. */

export const RTVI_LABEL = 'rtvi-ai';
/** The version that is spoken. */
export const RTVI_VERSION = '2.1.0';

const id = z.string().max(256);

function sent<T extends string, S extends z.ZodType>(type: T, data: S) {
  return z.object({ label: z.literal(RTVI_LABEL), type: z.literal(type), id, data });
}

const text = z.string().max(64 * 1024);
const anything = z.record(z.string(), z.unknown());

/** What a client may send. */
export const rtviClientMessageSchema = z.discriminatedUnion('type', [
  sent('client-ready', z.object({ version: z.string().max(32).optional(), about: z.unknown().optional() })),
  /** `t` is the type of a client event of OpenAI Realtime, `d` its fields. It is answered by `server-response`. */
  sent('client-message', z.object({ t: z.string().max(128), d: anything.nullish() })),
  sent(
    'send-text',
    z.object({ content: text, options: z.object({ run_immediately: z.boolean().optional() }).nullish() }),
  ),
  sent(
    'append-to-context',
    z.object({ role: z.enum(['user', 'assistant']), content: text, run_immediately: z.boolean().nullish() }),
  ),
  sent(
    'llm-function-call-result',
    z.object({ tool_call_id: z.string().max(256), result: z.unknown().refine((it) => it !== undefined) }),
  ),
  sent('disconnect-bot', z.unknown()),
]);
export type RtviClientMessage = z.infer<typeof rtviClientMessageSchema>;

/** The transport's own messages beside those of RTVI. Receivers are numbered: 0 microphone, 1 camera, 2 screen. */
export const rtviSignallingSchema = z.object({
  type: z.literal('signalling'),
  message: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('trackStatus'),
      receiver_index: z.number().int().min(0),
      enabled: z.boolean(),
    }),
  ]),
});

/** What a message on the channel was. */
export type ReadRtvi =
  /** Nothing that asks for anything: it keeps the way open. */
  | { readonly k: 'ping' }
  | { readonly k: 'message'; readonly message: RtviClientMessage }
  | { readonly k: 'track'; readonly receiver: number; readonly enabled: boolean }
  /** `id`: that of the message, where it has one. */
  | { readonly k: 'problem'; readonly id: string | null; readonly problem: RtviProblem };

export interface RtviProblem {
  readonly code: Problem['code'];
  readonly message: string;
}

/** Reads one text message. Never throws. */
export function readRtvi(text: string): ReadRtvi {
  // Pipecat's client says so each second.
  if (text.startsWith('ping')) return { k: 'ping' };
  const json = readJson(text);
  if (!json.ok) return { k: 'problem', id: idOf(json.value), problem: json.problem };
  const signalling = rtviSignallingSchema.safeParse(json.value);
  if (signalling.success) {
    const { receiver_index: receiver, enabled } = signalling.data.message;
    return { k: 'track', receiver, enabled };
  }
  const read = rtviClientMessageSchema.safeParse(json.value);
  if (read.success) return { k: 'message', message: read.data };
  return { k: 'problem', id: idOf(json.value), problem: problemOf(read.error) };
}

function idOf(json: unknown): string | null {
  const own = z.object({ id }).safeParse(json);
  return own.success ? own.data.id : null;
}

const settings = z.object({ session: z.unknown().optional() }).nullish();

/** The body of `POST /start`: what a client wants before it dials. */
export const rtviStartSchema = z.object({ enableDefaultIceServers: z.boolean().nullish(), body: settings });

/** The body of `POST …/api/offer`. */
export const rtviOfferSchema = z.object({
  sdp: z.string(),
  type: z.literal('offer'),
  /** The connection that it continues. */
  pc_id: id.nullish(),
  /** It is a new connection: of the one before, the session goes on. */
  restart_pc: z.boolean().nullish(),
  requestData: settings,
  request_data: settings,
});

/** The body of `PATCH …/api/offer`; an empty candidate ends them. */
export const rtviTrickleSchema = z.object({
  pc_id: id,
  candidates: z.array(z.object({ candidate: z.string().max(1024) })).max(128),
});

/** Reads the body of a request by one of the schemas. Never throws. */
export function readRtviBody<S extends z.ZodType>(schema: S, text: string): Checked<z.infer<S>> {
  const read = readJson(text === '' ? '{}' : text, 'The body');
  if (!read.ok) return { ok: false, problem: { ...read.problem, param: null } };
  const parsed = schema.safeParse(read.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const param = pathName(parsed.error.issues[0]?.path ?? []);
  return { ok: false, problem: { code: 'invalid_event', message: problemOf(parsed.error).message, param } };
}

/** The session that an application asks for in `body` or `requestData`. Never throws. */
export function rtviSession(given: z.infer<typeof settings>): Checked<SessionPatch> {
  return parseSessionPatch(given?.session ?? {});
}

function problemOf({ issues: [issue] }: z.ZodError): RtviProblem {
  const where = issue && issue.path.length > 0 ? `${pathName(issue.path)}: ` : '';
  return { code: 'invalid_event', message: `${where}${issue?.message ?? 'invalid'}` };
}

function said<T extends string, S extends z.ZodType>(type: T, data: S) {
  return z.object({ label: z.literal(RTVI_LABEL), type: z.literal(type), id: z.string(), data });
}

const nothing = z.object({});
const ofText = z.object({ text: z.string() });
const measure = z.object({ processor: z.string(), model: z.string().optional(), value: z.number() });

/** What the server says. */
export const rtviServerMessageSchema = z.discriminatedUnion('type', [
  /** Its id is that of the `client-ready` that it answers. */
  said('bot-ready', z.object({ version: z.string(), about: anything })),
  said('user-started-speaking', nothing),
  said('user-stopped-speaking', nothing),
  said(
    'user-transcription',
    ofText.extend({ final: z.boolean(), timestamp: z.string(), user_id: z.string() }),
  ),
  said('bot-llm-started', nothing),
  said('bot-llm-text', ofText),
  said('bot-llm-stopped', nothing),
  /** Sentence by sentence; nothing is ever spoken. */
  said(
    'bot-output',
    ofText.extend({
      aggregated_by: z.literal('sentence'),
      segment_id: z.number().int(),
      spoken: z.literal(false),
      will_be_spoken: z.literal(false),
    }),
  ),
  said('llm-function-call-started', z.object({ function_name: z.string() })),
  said(
    'llm-function-call-in-progress',
    z.object({ function_name: z.string(), tool_call_id: z.string(), arguments: anything }),
  ),
  said(
    'llm-function-call-stopped',
    z.object({ tool_call_id: z.string(), cancelled: z.boolean(), result: z.unknown() }),
  ),
  /** `ttfb` in seconds, from the commit of a turn; tokens of one response. */
  said(
    'metrics',
    z.object({
      ttfb: z.array(measure).optional(),
      tokens: z
        .array(
          z.object({
            processor: z.string(),
            model: z.string().optional(),
            prompt_tokens: z.number().int(),
            completion_tokens: z.number().int(),
            total_tokens: z.number().int(),
          }),
        )
        .optional(),
    }),
  ),
  /** An event of ours alone (`visavis.*`), as it is. */
  said('server-message', anything),
  /** Its id is that of the `client-message`: it was understood, and is performed. */
  said('server-response', z.object({ t: z.string(), d: anything })),
  /** Its id is that of the message that could not be performed. */
  said('error-response', z.object({ error: z.string(), code: z.string() })),
  said('error', z.object({ error: z.string(), code: z.string(), fatal: z.boolean() })),
]);
export type RtviServerMessage = z.infer<typeof rtviServerMessageSchema>;
/** A message without its envelope. */
export type RtviServerBody = RtviServerMessage extends infer M
  ? M extends { type: infer T; data: infer D }
    ? { readonly type: T; readonly data: D }
    : never
  : never;
