import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import {
  check,
  clientSecretRequestSchema,
  defaultSession,
  mergeSession,
  parseSessionPatch,
  type ClientSecret,
  type Session,
  type SessionPatch,
  type SessionWithSecret,
} from '@vis-a-vis/protocol';
import type { Request } from 'express';
import { z } from 'zod';
import { VisavisError, type OmniEngine } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { ClientIce } from '../ice/ice-servers.js';
import { jsonOf, valueOf } from '../realtime/body.js';
import { toModelCaps } from '../realtime/core/turn-config.js';
import { randomIds } from '../realtime/ids.js';
import { Access } from './access.js';

/** Injection token: how long a session lasts at the most (ms). */
export const MAX_CALL_MS = Symbol('MAX_CALL_MS');

/** How long a client secret is good where nothing is said (s). */
const DEFAULT_TTL_S = 600;

/** Its session is read by itself: it may have the shape from before GA. */
const envelopeSchema = clientSecretRequestSchema.extend({ session: z.unknown().optional() });

/** Short-lived keys for pages, which a server of the application asks for with its own key. */
@Controller('v1/realtime')
export class ClientSecretsController {
  @Inject(ClientIce) private readonly ice!: ClientIce;

  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(ENGINE) private readonly engine: Pick<OmniEngine, 'caps'>,
    @Inject(ConversationService) private readonly conversations: Pick<ConversationService, 'tellsTurnEnds'>,
    @Inject(MAX_CALL_MS) private readonly maxCallMs: number,
  ) {}

  @Post('client_secrets')
  @HttpCode(200)
  async create(@Req() request: Request): Promise<ClientSecret> {
    const grant = await this.access.authorize(request);
    const wanted = valueOf(check(envelopeSchema, sentJson(request)));
    const patch = valueOf(parseSessionPatch(wanted.session ?? {}));
    const session = this.sessionOf(patch);
    const ttlS = wanted.expires_after?.seconds ?? DEFAULT_TTL_S;
    const { value, expiresAtS } = await grant.mint(patch, { ttlS, fixed: wanted.visavis?.fixed ?? false });
    return { value, expires_at: expiresAtS, session, ...this.ice.partFor(grant.tenant) };
  }

  /** The older form: the body is the session, and so is what comes back. */
  @Post('sessions')
  @HttpCode(200)
  async createSession(@Req() request: Request): Promise<SessionWithSecret> {
    const grant = await this.access.authorize(request);
    const patch = valueOf(parseSessionPatch(sentJson(request)));
    const session = this.sessionOf(patch);
    const { value, expiresAtS } = await grant.mint(patch, { ttlS: DEFAULT_TTL_S, fixed: false });
    return { ...session, client_secret: { value, expires_at: expiresAtS } };
  }

  private sessionOf(patch: SessionPatch): Session {
    const { caps } = this.engine;
    const start = defaultSession(randomIds.next('sess'), caps.modelId, {
      expiresAt: Math.floor((Date.now() + this.maxCallMs) / 1000),
      turnEnd: this.conversations.tellsTurnEnds ? 'model' : 'silence',
      caps: toModelCaps(caps),
    });
    return mergeSession(start, patch);
  }
}

/** @throws VisavisError `bad_content_type`, `invalid_json`, `bad_request` */
function sentJson(request: Request): unknown {
  const bytes: unknown = request.body;
  const text = bytes instanceof Uint8Array ? new TextDecoder().decode(bytes).trim() : '';
  if (text === '') return {};
  if (request.is('json') === false)
    throw new VisavisError('bad_content_type', 'Content-Type must be application/json.');
  return jsonOf(text);
}
