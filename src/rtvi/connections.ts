import { Inject, Injectable } from '@nestjs/common';
import type { SessionPatch } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';
import { CallsService, OffersService, type Call, type Grant, type OfferOptions } from '../realtime/index.js';
import { RtviClient } from './rtvi-client.js';

/** Measures are told without being asked for, as Pipecat does. */
const DEFAULTS: SessionPatch = { visavis: { events: ['turn.timing'] } };
/** More have asked to start: the oldest goes. Of one tenant sooner, so that nobody's goes for another. */
const MOST_STARTED = 1000;
const MOST_OF_ONE = 100;
/** Of one session, as JSON. */
const MOST_CHARS = 32_768;

/** The calls of Pipecat's clients. A client's `pc_id` is the id of its call. */
@Injectable()
export class Connections {
  readonly #open = new Map<string, Call>();
  /** What clients said when they asked to start. */
  readonly #started = new Map<string, { readonly tenant: string | null; readonly json: string }>();

  constructor(
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(OffersService) private readonly offers: OffersService,
  ) {}

  /**
   * @param id names it to the client, which dials under it
   * @throws VisavisError `payload_too_large`
   */
  start(id: string, { tenant }: Grant, session: SessionPatch): void {
    const json = JSON.stringify(session);
    if (json.length > MOST_CHARS)
      throw new VisavisError('payload_too_large', `A session has at most ${MOST_CHARS} characters.`);
    const own = [...this.#started].filter(([, one]) => one.tenant === tenant);
    if (own.length >= MOST_OF_ONE && own[0]) this.#started.delete(own[0][0]);
    this.#started.set(id, { tenant, json });
    const [oldest] = this.#started.keys();
    if (this.#started.size > MOST_STARTED && oldest !== undefined) this.#started.delete(oldest);
  }

  /** @throws VisavisError `not_found`, also where it is somebody else's */
  started(id: string, { tenant }: Grant): SessionPatch {
    const found = this.#started.get(id);
    if (!found || found.tenant !== tenant)
      throw new VisavisError('not_found', 'Nothing was started under this id.');
    return JSON.parse(found.json) as SessionPatch;
  }

  /** A call of such a client that is open, and the caller's. */
  find(pcId: string, { tenant }: Grant): Call | null {
    const call = this.#open.get(pcId);
    return call && call.grant.tenant === tenant ? call : null;
  }

  /** @throws VisavisError as `OffersService.open` */
  open(
    sdp: string,
    session: SessionPatch,
    options: OfferOptions,
  ): Promise<{ id: string; answerSdp: string }> {
    return this.offers.open(
      { sdp, session: { ...DEFAULTS, ...session } },
      { ...options, door: (call) => this.#join(call) },
    );
  }

  #join(call: Call): RtviClient {
    this.#open.set(call.id, call);
    return new RtviClient(call, {
      onHangUp: () => void this.calls.end(call.id, 'hangup'),
      onEnd: () => this.#open.delete(call.id),
    });
  }
}
