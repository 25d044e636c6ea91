import type { ResumeTicket } from '@vis-a-vis/protocol';
import { VisavisError, type Guard, type IdSource } from '#modules/contracts';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Grant } from './access.js';
import type { Call } from './call.js';
import type { Tickets } from './call-options.js';
import { ResumeTokens } from './core/resume-tokens.js';

export interface ResumptionParts {
  /** How long (ms) a call is kept whose connection is lost; 0: none is. */
  readonly windowMs: number;
  readonly ids: IdSource;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly draining: () => boolean;
  /** An open call. */
  readonly find: (id: string) => { readonly call: Call; readonly guard: Guard } | undefined;
  readonly end: (id: string, why: VisavisError) => Promise<void>;
}

/** Calls whose connection is lost, and who may come back to which. */
export class Resumption implements Tickets {
  readonly #parts: ResumptionParts;
  readonly #tokens = new ResumeTokens();
  /** Calls without a connection, and what ends them. */
  readonly #detached = new Map<string, NodeJS.Timeout>();

  constructor(parts: ResumptionParts) {
    this.#parts = parts;
  }

  /** Calls that are kept for their clients now. */
  get detached(): number {
    return this.#detached.size;
  }

  has(id: string): boolean {
    return this.#detached.has(id);
  }

  get windowMs(): number {
    return this.#parts.windowMs;
  }

  /** How the client of a call comes back, by a token that takes the place of the one before. */
  ticketFor({ id, grant }: Pick<Call, 'id' | 'grant'>): ResumeTicket {
    const token = this.#parts.ids.next('resume');
    this.#tokens.issue(token, { id, tenant: grant.tenant });
    return { token, window_ms: this.#parts.windowMs };
  }

  /**
   * The call that a client comes back to; the token is used by `spend`, once its connection is there, and void by `confirm`.
   * @param takesAudio it comes by a transport whose audio are events
   * @throws VisavisError `draining`, `resume_expired`, `resume_not_found`
   */
  find(token: string, grant: Grant, takesAudio: boolean): Call {
    const { draining, find, metrics } = this.#parts;
    if (draining()) throw new VisavisError('draining', 'The gateway is shutting down.');
    const leads = this.#tokens.look(token, grant.tenant);
    const call = leads.k === 'call' ? find(leads.id)?.call : undefined;
    if (call !== undefined && call.takesAudio === takesAudio && call.keeps) return call;
    metrics.resume('refused');
    if (leads.k === 'expired')
      throw new VisavisError(
        'resume_expired',
        'The call was kept as long as it is, and is over. Dial again.',
      );
    throw new VisavisError('resume_not_found', 'No call goes on by this token. Dial again.');
  }

  /** The client's connection is there. @returns false: somebody else was faster, or the call is over */
  spend(token: string, { id }: Call): boolean {
    if (!this.#parts.find(id) || !this.#tokens.spend(token)) return false;
    clearTimeout(this.#detached.get(id));
    this.#detached.delete(id);
    this.#parts.metrics.resume('resumed');
    this.#tell();
    this.#parts.logger.info({ call: id }, 'call resumed');
    return true;
  }

  /** What a client that came back was told has come to it: it has its next token. */
  confirm({ id }: Call): void {
    this.#tokens.confirm(id);
  }

  /**
   * The connection of a call is lost, and nobody hung up. The call goes on for as long as its client may come back.
   * @returns false: it is none that is kept
   */
  lost(id: string, why: string): boolean {
    const { windowMs, draining, find, logger } = this.#parts;
    const found = find(id);
    if (!found?.call.keeps || draining()) return false;
    // One that is told of no token cannot come back.
    if (!this.#tokens.has(id)) return false;
    if (this.#detached.has(id)) return true;
    const expire = found.guard.wrap('resume', () => this.#expired(id));
    this.#detached.set(id, setTimeout(expire, windowMs).unref());
    this.#tell();
    logger.info({ call: id, reason: why }, 'call lost its connection, and is kept');
    return true;
  }

  /** The call is over. */
  forget(id: string): void {
    this.#tokens.forget(id);
    if (!this.#detached.has(id)) return;
    clearTimeout(this.#detached.get(id));
    this.#detached.delete(id);
    this.#tell();
  }

  async #expired(id: string): Promise<void> {
    this.#tokens.expire(id);
    this.#parts.metrics.resume('expired');
    await this.#parts.end(id, new VisavisError('resume_expired', 'The client did not come back in time.'));
  }

  #tell(): void {
    this.#parts.metrics.detached(this.#detached.size);
  }
}
