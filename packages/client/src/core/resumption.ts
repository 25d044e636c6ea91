import type { ResumeRequest, ServerEvent } from '@vis-a-vis/protocol';

/** What was sent longer ago (ms) has come, or its call is over. */
const KEPT_MS = 120_000;
const KEPT_CHARS = 1024 * 1024;

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
  #lastEventId: string | null = null;
  /** Events that have come between a request to come back and its greeting: the other connection tells them again. */
  readonly #meanwhile = new Set<string>();
  #isAsking = false;
  #sent: { readonly text: string; readonly atMs: number }[] = [];
  #chars = 0;
  /** Messages sent before those that are kept. */
  #before = 0;
  #isLost = false;

  /** The call can be gone on with: the gateway has said how. */
  get possible(): boolean {
    return this.#token !== null;
  }

  /** Beside the next offer (`resume`), which is made now; null: dial anew. */
  ask(): ResumeRequest | null {
    if (this.#token === null) return null;
    this.#meanwhile.clear();
    this.#isAsking = true;
    return { token: this.#token, last_event_id: this.#lastEventId };
  }

  /**
   * An event has come. Not to be told of one that is `repeated`.
   * @returns what has become of the call, where the event tells that it goes on; else null
   */
  received(event: ServerEvent): Resumed | null {
    this.#lastEventId = event.event_id;
    if (this.#isAsking) this.#meanwhile.add(event.event_id);
    if (event.type !== 'session.created' && event.type !== 'session.updated') return null;
    const { resume, resumed } = event.visavis ?? {};
    if (resume) this.#token = resume.token;
    if (!resumed) return null;
    this.#isLost = this.#isAsking = false;
    const heard = Math.max(0, resumed.received - this.#before);
    const unheard = this.#sent.slice(heard).map(({ text }) => text);
    return {
      unheard,
      missedEvents: resumed.missed,
      lostMessages: Math.max(0, this.#before - resumed.received),
    };
  }

  /** It has come before, by a connection that went on while another was being made. */
  repeated({ event_id }: ServerEvent): boolean {
    return this.#meanwhile.has(event_id);
  }

  /** A message goes out, or would: each once, also where it is sent again later. */
  sent(text: string, nowMs: number): void {
    this.#sent.push({ text, atMs: nowMs });
    this.#chars += text.length;
    for (let oldest = this.#sent[0]; oldest; oldest = this.#sent[0]) {
      // While the connection is lost nothing that was sent is known to have come.
      const isOld = !this.#isLost && nowMs - oldest.atMs > KEPT_MS;
      if (!isOld && this.#chars <= KEPT_CHARS) break;
      this.#sent.shift();
      this.#chars -= oldest.text.length;
      this.#before += 1;
    }
  }

  /** Nothing comes through. Idempotent. */
  lost(): void {
    this.#isLost = true;
  }

  /** The connection that there was goes on. */
  found(): void {
    this.#isLost = this.#isAsking = false;
    this.#meanwhile.clear();
  }
}
