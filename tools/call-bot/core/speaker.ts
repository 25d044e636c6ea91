import type { VideoCodec } from '../rooms/room.js';
import type { TrackFacts } from './events.js';
import { TokenBucket } from './token-bucket.js';

/** Typed questions that may wait for a session. */
const MOST_WAITING = 4;
/** Turns that may be open at once; of more, the oldest are given up. */
const MOST_TURNS = 16;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Something that is to be answered. */
export interface Turn {
  /** As it was typed, or written down. */
  question: string | null;
  /** It was said aloud: the session has it as an item. */
  readonly item: string | null;
  readonly tried: number;
}

/** What the bot knows of one participant, and of the session that is theirs alone. */
export class Speaker {
  session: 'none' | 'opening' | 'open' = 'none';
  transcribes = false;
  /** As the gateway knows it. */
  cameraOn = true;
  /** What was last told by a `route` command. */
  routed: { audio: string | null; video: string | null } = { audio: null, video: null };
  videoCodec: VideoCodec = 'vp8';
  /** The next thing said until then is for the bot. */
  pushedUntilMs = -Infinity;
  /** Has been told that it is not heard. */
  toldFull = false;
  /** Ten messages at once, one each three seconds: somebody who types. */
  readonly texts = new TokenBucket(10, 1 / 3);
  readonly tracks = new Map<string, TrackFacts>();
  readonly turns = new Map<string, Turn>();
  readonly #waiting: string[] = [];
  #failures = 0;
  #retryAtMs = 0;
  #busyAtMs: number | null = null;

  constructor(
    readonly id: string,
    readonly name: string,
  ) {}

  /** The newest of a kind. */
  track(source: TrackFacts['source']): TrackFacts | null {
    return [...this.tracks.values()].findLast((track) => track.source === source) ?? null;
  }

  /** Whether there is something that a session would be for. */
  get wantsSession(): boolean {
    return this.track('microphone') !== null || this.#waiting.length > 0;
  }

  /** How long it has sent and asked nothing; looked at now and then. */
  idleMs(atMs: number): number {
    if (this.tracks.size > 0 || this.turns.size > 0) this.#busyAtMs = atMs;
    this.#busyAtMs ??= atMs;
    return atMs - this.#busyAtMs;
  }

  mayOpen(atMs: number): boolean {
    return this.session === 'none' && this.wantsSession && atMs >= this.#retryAtMs;
  }

  failed(atMs: number): void {
    this.#retryAtMs = atMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
  }

  opened(): void {
    this.#failures = 0;
  }

  /** @returns false: too many wait already */
  wait(text: string): boolean {
    if (this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(text);
    return true;
  }

  takeWaiting(): string[] {
    return this.#waiting.splice(0);
  }

  note(turn: string, facts: Turn): void {
    this.turns.set(turn, facts);
    for (const oldest of this.turns.keys()) {
      if (this.turns.size <= MOST_TURNS) break;
      this.turns.delete(oldest);
    }
  }

  /** Its session is gone, with all that was said in it. */
  reset(): void {
    this.session = 'none';
    this.cameraOn = true;
    this.routed = { audio: null, video: null };
    this.turns.clear();
  }
}
