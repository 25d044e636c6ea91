import type { VisavisError } from '#modules/contracts';
import { outOfMinutes, Usage, type Limits, type Moment } from './core/limits.js';
import type { Lease } from '../realtime/access.js';

/** A session that counts, as its holder sees it. */
interface Counted {
  /** Its minutes run. */
  onOver: ((why: VisavisError) => void) | null;
  /** It was told to end, or is to be as soon as it can be told. */
  over: VisavisError | null;
}

interface Holder {
  readonly usage: Usage;
  readonly open: Set<Counted>;
}

const FREE: Lease = { started: () => undefined, end: () => undefined };

/** What each holder of a key has open and has used. */
export class Holders {
  readonly #now: () => Moment;
  readonly #byId = new Map<string, Holder>();

  constructor(now: () => Moment) {
    this.#now = now;
  }

  /**
   * @param id null: nobody's, which counts for nothing
   * @throws VisavisError `rate_limit_exceeded`, `insufficient_quota`
   */
  open(id: string | null, limits: Limits): Lease {
    if (id === null) return FREE;
    const holder = this.#byId.get(id) ?? { usage: new Usage(), open: new Set() };
    holder.usage.open(limits, this.#now());
    this.#byId.set(id, holder);
    return this.leaseOf(holder);
  }

  /** Ends all that a holder has open. */
  end(id: string, why: VisavisError): void {
    for (const session of this.#byId.get(id)?.open ?? []) {
      if (session.over !== null) continue;
      session.over = why;
      session.onOver?.(why);
    }
  }

  /** Ends what is beyond its minutes, and forgets holders of whom there is nothing to remember. */
  tick(limitsOf: (id: string) => Limits): void {
    const now = this.#now();
    for (const [id, { usage, open }] of this.#byId) {
      const limits = limitsOf(id);
      if (open.size > 0 && usage.over(limits, now)) this.end(id, outOfMinutes(limits, now));
      else if (usage.idle(now)) this.#byId.delete(id);
    }
  }

  private leaseOf({ usage, open }: Holder): Lease {
    const session: Counted = { onOver: null, over: null };
    open.add(session);
    return {
      started: (onOver) => {
        if (session.onOver !== null || !open.has(session)) return;
        session.onOver = onOver;
        usage.start(this.#now());
        if (session.over !== null) onOver(session.over);
      },
      end: () => {
        if (open.delete(session)) usage.end(session.onOver !== null, this.#now());
      },
    };
  }
}
