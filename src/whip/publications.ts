import { Inject, Injectable } from '@nestjs/common';
import type { Resumed } from '@vis-a-vis/protocol';
import { VisavisError } from '#modules/contracts';
import { EventLog, Ids, type AnsweredOffer } from '../realtime/index.js';

/** A call that came by WHIP. */
export interface Publication extends Pick<AnsweredOffer, 'call' | 'peer'> {
  readonly log: EventLog;
  /** Names the URL of its events, which is the right to read them. */
  readonly token: string;
}

/** The calls that came by WHIP, as long as they are open. */
@Injectable()
export class Publications {
  readonly #open = new Map<string, Publication>();
  readonly #byToken = new Map<string, Publication>();

  constructor(@Inject(Ids) private readonly ids: Ids) {}

  /** Before anything has been said in the call. @throws VisavisError `session_closed` */
  add({ call, peer }: AnsweredOffer): Publication {
    const { id, environment } = call;
    const token = this.ids.urlToken();
    const log = new EventLog({
      ...environment,
      onDrop: (reason, count) => call.onDrop(reason, count),
      onEnd: () => {
        this.#open.delete(id);
        this.#byToken.delete(token);
      },
    });
    call.join(log);
    this.#greet({ call, log }, null);
    const publication = { call, peer, log, token };
    this.#open.set(id, publication);
    this.#byToken.set(token, publication);
    return publication;
  }

  /** Its client has come back by another connection: it is told how it comes back the next time. */
  back(id: string): void {
    // Events have an address of their own, and are read as they always are.
    this.#greet(this.get(id), { replayed: 0, missed: 0, received: 0 });
  }

  #greet({ call, log }: Pick<Publication, 'call' | 'log'>, resumed: Resumed | null): void {
    const { greeting } = call;
    const resume = call.wantsResume ? call.ticket() : null;
    const visavis = { ...greeting.visavis, ...(resume && { resume }), ...(resumed && { resumed }) };
    log.push(Object.keys(visavis).length > 0 ? { ...greeting, visavis } : greeting);
  }

  /** @throws VisavisError `not_found` */
  get(id: string): Publication {
    return found(this.#open.get(id));
  }

  /** @throws VisavisError `not_found` */
  byToken(token: string): Publication {
    return found(this.#byToken.get(token));
  }
}

function found(publication: Publication | undefined): Publication {
  if (!publication) throw new VisavisError('not_found', 'There is no such session.');
  return publication;
}
