import type { ResumeRequest, ServerEvent } from '@vis-a-vis/protocol';

/** So long (ms) it takes at the most until a gateway knows that a connection is lost: only then its window begins. */
const NOTICED_MS = 30_000;
/** What was sent longer ago (ms) has come, or its call is over. */
const KEPT_MS = 120_000;
const KEPT_CHARS = 1024 * 1024;
/** Waits between attempts (ms): the first, and the longest; each is up to half shorter, by chance. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/** What has become of a call that goes on over another connection. */
export interface Resumed {
  /** Messages that the gateway has not got, in their order: to be sent now, before any other. */
  readonly unheard: readonly string[];
  /** Events of the gateway that are kept no more; what they told has to be asked for. */
  readonly missedEvents: number;
  /** Messages that the gateway has not got, and that are kept no more here. */
  readonly lostMessages: number;
}

/**
 * What a client has to know to come back to its call over another connection. Pure: it is told what comes and goes, and what time it is
 * (ms, on any clock that does not jump).
 */
export class Resumption {
  #token: string | null = null;
  #windowMs = 0;
  #lastEventId: string | null = null;
  #sent: { readonly text: string; readonly atMs: number }[] = [];
  #chars = 0;
  /** Messages sent before those that are kept. */
  #before = 0;
  #lostAtMs: number | null = null;
  #attempts = 0;

  /** The call can be gone on with: the gateway has said how. */
  get possible(): boolean {
    return this.#token !== null;
  }

  /** Beside the next offer (`resume`); null: dial anew. */
  get request(): ResumeRequest | null {
    return this.#token === null ? null : { token: this.#token, last_event_id: this.#lastEventId };
  }

  /**
   * An event has come.
   * @returns what has become of the call, where the event tells that it goes on; else null
   */
  received(event: ServerEvent): Resumed | null {
    this.#lastEventId = event.event_id;
    if (event.type !== 'session.created' && event.type !== 'session.updated') return null;
    const { resume, resumed } = event.visavis ?? {};
    if (resume) {
      this.#token = resume.token;
      this.#windowMs = resume.window_ms;
    }
    if (!resumed) return null;
    this.#lostAtMs = null;
    this.#attempts = 0;
    const heard = Math.max(0, resumed.received - this.#before);
    const unheard = this.#sent.slice(heard).map(({ text }) => text);
    return {
      unheard,
      missedEvents: resumed.missed,
      lostMessages: Math.max(0, this.#before - resumed.received),
    };
  }

  /** A message goes out, or would: each once, also where it is sent again later. */
  sent(text: string, nowMs: number): void {
    this.#sent.push({ text, atMs: nowMs });
    this.#chars += text.length;
    for (let oldest = this.#sent[0]; oldest; oldest = this.#sent[0]) {
      // While the connection is lost nothing that was sent is known to have come.
      const isOld = this.#lostAtMs === null && nowMs - oldest.atMs > KEPT_MS;
      if (!isOld && this.#chars <= KEPT_CHARS) break;
      this.#sent.shift();
      this.#chars -= oldest.text.length;
      this.#before += 1;
    }
  }

  /** The connection is lost. Idempotent. */
  lost(nowMs: number): void {
    this.#lostAtMs ??= nowMs;
  }

  /** The gateway has refused the token: there is nothing to come back to. */
  refused(): void {
    this.#token = null;
  }

  /**
   * How long to wait (ms) before the next attempt; null: it is too late, or never was possible.
   * @param random 0 to 1
   */
  nextWaitMs(nowMs: number, random: number): number | null {
    if (this.#token === null || this.#lostAtMs === null) return null;
    if (nowMs - this.#lostAtMs > this.#windowMs + NOTICED_MS) return null;
    const mostMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return mostMs * (1 - random / 2);
  }
}
