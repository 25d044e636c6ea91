import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import { NO_LIMITS, type Limits } from './core/limits.js';

/** What a key opens: the doors of the service, or what is for its operators. */
export type Scope = 'realtime' | 'metrics' | 'docs';

/** What the file says of a holder: of one key, or of each subject of a token. */
export interface Terms {
  readonly limits: Limits;
  /** Pages that may use it; null: those that may use the gateway at all. */
  readonly origins: readonly string[] | null;
}

export interface Key extends Terms {
  readonly id: string;
  /** SHA-256 of the key. */
  readonly hash: Uint8Array;
  readonly scopes: readonly Scope[];
  /** Wall clock (ms); null: it does not expire. */
  readonly expiresAtMs: number | null;
}

/** All who may use the gateway. */
export interface KeySet {
  readonly keys: readonly Key[];
  /** Of everyone who comes with a token of the identity provider (`VISAVIS_JWT_…`), each subject for itself. */
  readonly jwt: Terms;
}

export const NO_TERMS: Terms = { limits: NO_LIMITS, origins: null };

const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text.toLowerCase(), {
    error: 'must be an origin, such as https://app.example',
  });
const terms = {
  limits: z
    .strictObject({
      concurrent_calls: z.int().min(0).optional(),
      minutes_per_day: z.number().min(0).optional(),
      sessions_per_minute: z.int().min(0).optional(),
    })
    .optional(),
  origins: z.array(origin).optional(),
};

/** The file of `VISAVIS_API_KEYS_FILE`. Unknown fields are refused: a misspelt limit would be none. */
const fileSchema = z.strictObject({
  keys: z.array(
    z.strictObject({
      id: z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 _ . -' }),
      hash: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be sha256: and 64 lower-case hexadecimal digits' }),
      scopes: z
        .array(z.enum(['realtime', 'metrics', 'docs']))
        .min(1)
        .optional(),
      expires_at: z.iso.datetime({ offset: true }).optional(),
      ...terms,
    }),
  ),
  jwt: z.strictObject(terms).optional(),
});
type TermsOfFile = z.infer<typeof fileSchema>['jwt'];

/** @throws VisavisError `bad_config`, whose message names the place in the file and never a hash */
export async function readKeysFile(path: string): Promise<KeySet> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause));
  }
  return parseKeys(text);
}

/** @throws VisavisError `bad_config` */
export function parseKeys(text: string): KeySet {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw bad(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { keys, jwt } = parsed.data;
  refuseTwins(
    'id',
    keys.map(({ id }) => id),
  );
  refuseTwins(
    'hash',
    keys.map(({ hash }) => hash),
  );
  return {
    keys: keys.map((key) => ({
      id: key.id,
      hash: Buffer.from(key.hash.slice('sha256:'.length), 'hex'),
      scopes: key.scopes ?? ['realtime'],
      expiresAtMs: key.expires_at === undefined ? null : Date.parse(key.expires_at),
      ...termsOf(key),
    })),
    jwt: termsOf(jwt),
  };
}

function termsOf(of: TermsOfFile): Terms {
  return {
    limits: {
      concurrentCalls: of?.limits?.concurrent_calls ?? Infinity,
      minutesPerDay: of?.limits?.minutes_per_day ?? Infinity,
      sessionsPerMinute: of?.limits?.sessions_per_minute ?? Infinity,
    },
    origins: of?.origins ?? null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON's own message: it quotes the text.
    throw bad('it is not valid JSON');
  }
}

function refuseTwins(what: string, values: readonly string[]): void {
  const at = values.findIndex((value, n) => values.indexOf(value) !== n);
  if (at !== -1) throw bad(`keys.${at}.${what}: another key has the same`);
}

function bad(why: string): VisavisError {
  return new VisavisError('bad_config', `VISAVIS_API_KEYS_FILE: ${why}`);
}
