import type { IncomingMessage } from 'node:http';
import type { SessionPatch } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';
import type { Proxies } from '../http/proxies.js';
import { keyOf } from './core/credentials.js';
import { fieldChanged } from './core/fixed-session.js';
import { isListed, isLoopback, originAllowed, type OriginRules } from './core/origins.js';
import { Secrets, type Secret } from './core/secrets.js';
import type { Moment } from './core/limits.js';
import type { KeyGrant, MintedSecret, MintOptions } from './grant.js';
import { Holders } from './holders.js';
import { isJwt } from './jwt.js';
import { NO_TERMS, type Key, type KeySet, type Scope, type Terms } from './keys-file.js';
import { hashOf, hashesMatch, idOfClientSecret, newClientSecret } from './token.js';

export interface AccessOptions {
  /** null: there is no keys file. */
  readonly keys: KeySet | null;
  /** Gives the subject of a token, or throws; null: no tokens are taken. */
  readonly verifyJwt: ((token: string) => Promise<string>) | null;
  /** Whom a gateway without keys serves: this machine alone, unless its operator says otherwise. */
  readonly anonymous: 'local' | 'anybody';
  readonly origins: OriginRules;
  readonly proxies: Proxies;
  readonly now: () => Moment;
  /** Tells a new client secret to the gateways beside this one; it is good once that has resolved. Left out: there are none. */
  readonly share?: (id: string, secret: Secret) => Promise<void>;
}

/** What is read of a request: one of Express as well as one that asks for a WebSocket. */
export type Asking = Pick<IncomingMessage, 'headers' | 'socket'>;

const JWT = 'jwt:';

/** Who may use the gateway, how, and how much: the one place that every door asks. */
export class Access {
  readonly #options: AccessOptions;
  readonly #secrets = new Secrets();
  readonly #holders: Holders;
  #keys: KeySet | null;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#keys = options.keys;
    this.#holders = new Holders(options.now);
  }

  /** Without keys and tokens everyone who is served is anonymous, whatever key they bring. */
  get anonymous(): boolean {
    return this.#keys === null && this.#options.verifyJwt === null;
  }

  /**
   * Looks at the key that came with a request, and at the page that it comes from.
   * @throws VisavisError `missing_api_key`, `invalid_api_key`, `expired_api_key`, `insufficient_permissions`,
   *   `origin_not_allowed`, `identity_unavailable`
   */
  async authorize(request: Asking): Promise<KeyGrant> {
    const key = keyOf(request.headers);
    const secret = key === null ? null : this.secretOf(key);
    const tenant = secret ? secret.holder : await this.tenantOf(key);
    if (tenant === null) this.checkAnonymous(request);
    const terms = this.termsOf(tenant);
    // Between minting and use its key may have been withdrawn.
    if (terms === null) throw invalid();
    this.checkOrigin(request, terms);
    return this.grant(tenant, secret);
  }

  /**
   * Whether a request may see what is for operators: with a key of that scope, or from this machine itself.
   * @throws VisavisError `missing_api_key`, `invalid_api_key`, `expired_api_key`, `insufficient_permissions`
   */
  admitOperator(request: Asking, scope: Scope): void {
    const { host } = this.#options.proxies.of(request);
    // Asked for under a stranger's name, it may be a page of theirs in a browser of this machine (DNS rebinding).
    const name = host === null ? '' : hostname(host);
    if (this.isLocal(request) && isLoopback(name)) return;
    const key = keyOf(request.headers);
    if (key === null) throw missing();
    const found = this.find(key);
    if (found === null) throw invalid();
    this.checkScope(found, scope);
  }

  /** Whether a page may read what the gateway answers: for CORS, which asks before it shows a key. */
  pageAllowed(request: Asking, origin: string): boolean {
    const ofKeys = [this.#keys?.jwt.origins, ...(this.#keys?.keys ?? []).map((key) => key.origins)];
    return (
      ofKeys.some((listed) => isListed(listed ?? [], origin)) ||
      originAllowed(this.#options.origins, origin, this.#options.proxies.of(request).host)
    );
  }

  /** Takes other keys: what was opened or minted with one that is not among them ends. Others go on, under their new terms. */
  replaceKeys(keys: KeySet): void {
    const before = this.#keys?.keys ?? [];
    this.#keys = keys;
    for (const { id, hash } of before) {
      const now = keys.keys.find((key) => key.id === id);
      if (now !== undefined && hashesMatch(now.hash, hash)) continue;
      this.#secrets.drop(id);
      this.#holders.end(id, new VisavisError('invalid_api_key', 'The key has been withdrawn.'));
    }
  }

  /** Takes a client secret that a gateway beside this one has made. */
  learn(id: string, secret: Secret): void {
    this.#secrets.add(id, secret, this.#options.now().wallMs);
  }

  /** To be called every second: ends what has used up its minutes, or whose key has expired. */
  tick(): void {
    this.#holders.tick((id) => this.limitsOf(id));
    const { wallMs } = this.#options.now();
    for (const { id, expiresAtMs } of this.#keys?.keys ?? [])
      if (expiresAtMs !== null && expiresAtMs <= wallMs) this.#holders.end(id, expired());
  }

  private grant(tenant: string | null, secret: Secret | null): KeyGrant {
    const session = secret === null ? null : (JSON.parse(secret.session) as SessionPatch);
    return {
      tenant,
      session,
      open: () => this.#holders.open(tenant, this.limitsOf(tenant)),
      checkChange: (before, after) => {
        const field = secret?.fixed && session ? fieldChanged(session, before, after) : null;
        if (field === null) return;
        throw new VisavisError(
          'session_fixed',
          `The client secret fixes session.${field}.`,
          `session.${field}`,
        );
      },
      mint: async (session, options) => {
        if (secret === null) return await this.mint(tenant, session, options);
        throw new VisavisError('insufficient_permissions', 'A client secret makes no other.');
      },
    };
  }

  private async mint(
    holder: string | null,
    session: SessionPatch,
    { ttlS, fixed }: MintOptions,
  ): Promise<MintedSecret> {
    const { value, id, hash } = newClientSecret();
    const nowMs = this.#options.now().wallMs;
    const expiresAtS = Math.floor(nowMs / 1000) + ttlS;
    const secret = { holder, hash, expiresAtMs: expiresAtS * 1000, session: JSON.stringify(session), fixed };
    this.#secrets.add(id, secret, nowMs);
    await this.#options.share?.(id, secret);
    return { value, expiresAtS };
  }

  /** @returns the client secret that this is; null: it is none that was made here. @throws VisavisError `expired_api_key` */
  private secretOf(key: string): Secret | null {
    const id = idOfClientSecret(key);
    const secret = id === null ? null : this.#secrets.get(id);
    if (secret === null || !hashesMatch(secret.hash, hashOf(key))) return null;
    if (secret.expiresAtMs <= this.#options.now().wallMs) throw expired();
    return secret;
  }

  /** @returns whose key it is; null: nobody's, where that is allowed */
  private async tenantOf(key: string | null): Promise<string | null> {
    if (this.anonymous) return null;
    if (key === null) throw missing();
    const found = this.find(key);
    if (found !== null) {
      this.checkScope(found, 'realtime');
      return found.id;
    }
    const { verifyJwt } = this.#options;
    if (verifyJwt === null || !isJwt(key)) throw invalid();
    return JWT + (await verifyJwt(key));
  }

  /** It comes from this machine, as far as is told: who says that it passes it on for another does not. */
  private isLocal(request: Asking): boolean {
    const { address, passedOn } = this.#options.proxies.of(request);
    return isLoopback(address) && !passedOn;
  }

  private checkAnonymous(request: Asking): void {
    if (this.#options.anonymous === 'anybody' || this.isLocal(request)) return;
    throw new VisavisError(
      'missing_api_key',
      'This gateway has no keys and serves its own machine alone. Its operator may give it some (VISAVIS_API_KEYS_FILE), or have it serve whoever reaches it (VISAVIS_ALLOW_ANONYMOUS=1).',
    );
  }

  /** Every key is compared, whichever it is, and each in constant time. */
  private find(key: string): Key | null {
    const hash = hashOf(key);
    const { keys = [] } = this.#keys ?? {};
    return keys.reduce<Key | null>((found, one) => (hashesMatch(one.hash, hash) ? one : found), null);
  }

  private checkScope({ scopes, expiresAtMs }: Key, scope: Scope): void {
    if (expiresAtMs !== null && expiresAtMs <= this.#options.now().wallMs) throw expired();
    if (!scopes.includes(scope))
      throw new VisavisError('insufficient_permissions', `The key is not for ${scope}.`);
  }

  private checkOrigin(request: Asking, { origins }: Terms): void {
    // Browsers tell where a page comes from; others tell it or not, as they like.
    const { origin } = request.headers;
    if (origin === undefined) return;
    const { host } = this.#options.proxies.of(request);
    const allowed =
      origins === null ? originAllowed(this.#options.origins, origin, host) : isListed(origins, origin);
    if (!allowed)
      throw new VisavisError('origin_not_allowed', 'Pages of this origin may not use the gateway.', 'origin');
  }

  /** @returns null: there is no such holder any more */
  private termsOf(tenant: string | null): Terms | null {
    if (tenant === null) return this.anonymous ? NO_TERMS : null;
    if (tenant.startsWith(JWT)) return this.#keys?.jwt ?? NO_TERMS;
    const key = this.#keys?.keys.find(({ id }) => id === tenant);
    if (key === undefined) return null;
    if (key.expiresAtMs !== null && key.expiresAtMs <= this.#options.now().wallMs) throw expired();
    return key;
  }

  private limitsOf(tenant: string | null): Terms['limits'] {
    if (tenant === null) return NO_TERMS.limits;
    if (tenant.startsWith(JWT)) return this.#keys?.jwt.limits ?? NO_TERMS.limits;
    return this.#keys?.keys.find(({ id }) => id === tenant)?.limits ?? NO_TERMS.limits;
  }
}

function hostname(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}

function missing(): VisavisError {
  return new VisavisError(
    'missing_api_key',
    'This gateway asks for a key: send Authorization: Bearer <key>.',
  );
}

function invalid(): VisavisError {
  return new VisavisError('invalid_api_key', 'The key is not valid here.');
}

function expired(): VisavisError {
  return new VisavisError('expired_api_key', 'The key has expired.');
}
