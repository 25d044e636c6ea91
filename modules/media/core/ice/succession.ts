/** One ICE session of a call, as its succession needs it. */
export interface Succeeding {
  /** From now on it only listens: it sends no checks of its own. */
  retire(): void;
}

/** How long (ms) a restart may still connect once the session before it has lost the client's consent. */
const LAST_CHANCE_MS = 15_000;
/** How long (ms) a session that was succeeded still hears what was sent on its path, and answers the client's checks. */
const AFTERGLOW_MS = 10_000;

/**
 * The ICE sessions of one call (RFC 8445, 9): a restart begins another beside the one in use, which goes on carrying the call until the
 * new one has a path. So a restart that comes to nothing costs nothing; only where the client's consent to the old one ends meanwhile, and
 * the new one does not connect within 15 s, is the call lost.
 */
export class Succession<S extends Succeeding> {
  #current: S;
  #next: { readonly session: S; readonly sinceMs: number } | null = null;
  #former: { readonly session: S; readonly untilMs: number } | null = null;
  #isLost = false;
  #all: readonly S[];

  constructor(first: S) {
    this.#current = first;
    this.#all = [first];
  }

  /** The one that carries the call. */
  get current(): S {
    return this.#current;
  }

  /** The one that the client was told of last. */
  get newest(): S {
    return this.#next?.session ?? this.#current;
  }

  /** All whose checks are answered, the newest first. Asked for with each datagram, so it is not made anew each time; nor is it changed. */
  get all(): readonly S[] {
    return this.#all;
  }

  /** The client restarts ICE. A restart before it that has not connected is given up: the client has forgotten it, too. */
  begin(session: S, nowMs: number): void {
    this.#next?.session.retire();
    this.#next = { session, sinceMs: nowMs };
    this.#list();
  }

  /** A session has selected its first path: it carries the call from now on. */
  connected(session: S, nowMs: number): void {
    if (session !== this.#next?.session) return;
    this.#current.retire();
    this.#former = { session: this.#current, untilMs: nowMs + AFTERGLOW_MS };
    this.#current = session;
    this.#next = null;
    this.#isLost = false;
    this.#list();
  }

  /** A session has lost the client's consent. */
  lost(session: S): void {
    if (session === this.#current) this.#isLost = true;
  }

  /** @returns the client cannot be reached any more, in whatever way */
  tick(nowMs: number): boolean {
    if (this.#former && nowMs >= this.#former.untilMs) {
      this.#former = null;
      this.#list();
    }
    if (!this.#isLost) return false;
    return this.#next === null || nowMs - this.#next.sinceMs >= LAST_CHANCE_MS;
  }

  #list(): void {
    this.#all = [this.#next?.session, this.#current, this.#former?.session].flatMap((one) => one ?? []);
  }
}
