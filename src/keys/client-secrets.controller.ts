import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import {
  clientSecretRequestSchema,
  defaultSession,
  mergeSession,
  sessionPatchSchema,
  type ClientSecret,
  type Session,
  type SessionPatch,
  type SessionWithSecret,
} from '@vis-a-vis/protocol';
import type { Request } from 'express';
import type { z } from 'zod';
import { VisavisError, type OmniEngine } from '#modules/contracts';
import { ENGINE } from '#modules/decoder';
import { randomIds } from '../realtime/ids.js';
import { Access } from './access.js';

/** How long a client secret is good where nothing is said (s). */
const DEFAULT_TTL_S = 600;

/** Short-lived keys for pages, which a server of the application asks for with its own key. */
@Controller('v1/realtime')
export class ClientSecretsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(ENGINE) private readonly engine: Pick<OmniEngine, 'caps'>,
  ) {}

  @Post('client_secrets')
  @HttpCode(200)
  async create(@Req() request: Request): Promise<ClientSecret> {
    const grant = await this.access.authorize(request);
    const wanted = read(clientSecretRequestSchema, request);
    const patch = wanted.session ?? {};
    const session = this.sessionOf(patch);
    const ttlS = wanted.expires_after?.seconds ?? DEFAULT_TTL_S;
    const { value, expiresAtS } = grant.mint(patch, { ttlS, fixed: wanted.visavis?.fixed ?? false });
    return { value, expires_at: expiresAtS, session };
  }

  /** The older form: the body is the session, and so is what comes back. */
  @Post('sessions')
  @HttpCode(200)
  async createSession(@Req() request: Request): Promise<SessionWithSecret> {
    const grant = await this.access.authorize(request);
    const patch = read(sessionPatchSchema, request);
    const session = this.sessionOf(patch);
    const { value, expiresAtS } = grant.mint(patch, { ttlS: DEFAULT_TTL_S, fixed: false });
    return { ...session, client_secret: { value, expires_at: expiresAtS } };
  }

  private sessionOf(patch: SessionPatch): Session {
    const { modelId, turnEnd } = this.engine.caps;
    return mergeSession(
      defaultSession(randomIds.next('sess'), modelId, turnEnd ? 'model' : 'silence'),
      patch,
    );
  }
}

/** @throws VisavisError `bad_content_type`, `invalid_json`, `bad_request` */
function read<T extends z.ZodType>(schema: T, request: Request): z.infer<T> {
  const bytes: unknown = request.body;
  const text = bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : '';
  if (text !== '' && request.is('json') === false)
    throw new VisavisError('bad_content_type', 'Content-Type must be application/json.');
  const parsed = schema.safeParse(text.trim() === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param =
    issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]].join('.') : issue?.path.join('.');
  throw new VisavisError('bad_request', `${param ?? ''}: ${issue?.message ?? 'invalid'}`, param || null);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON's own message: it quotes the text, where a key may have been put by mistake.
    throw new VisavisError('invalid_json', 'The body is not valid JSON.');
  }
}
