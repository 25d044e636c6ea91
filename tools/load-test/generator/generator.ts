import { setTimeout as sleep } from 'node:timers/promises';
import { readScene } from '../../support/scene.js';
import { randomFrom } from '../../sounds/signal.js';
import { Link, type LinkCounts } from '../network/link.js';
import type { Links } from '../network/relay.js';
import type { Life } from '../scenario/life.js';
import type { Scenario } from '../scenario/scenario.js';
import { holdCall } from './caller.js';
import { LatenessWatch } from './lateness.js';
import type { Target } from './offer.js';
import type { CallRecord, Lateness, TurnRecord } from './records.js';
import { Voices } from './voices.js';

/** What one generator is to do. */
export interface Order {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly lives: readonly Life[];
  /** At once, of this generator. */
  readonly maxCalls: number;
}

/** What has come of it so far. */
export interface Progress {
  readonly begun: number;
  readonly open: number;
  readonly skipped: number;
  readonly failedCalls: number;
  readonly turns: number;
  readonly failedTurns: number;
  readonly wrong: number;
  /** Of the latest answers (ms). */
  readonly firstTextMs: readonly number[];
}

export interface Generated {
  readonly calls: readonly CallRecord[];
  readonly skipped: number;
  readonly lateness: Lateness;
  /** What the models of the network did; null: there were none. */
  readonly network: { readonly up: LinkCounts; readonly down: LinkCounts } | null;
}

const LATEST = 50;

/** N synthetic callers in this process. */
export class Generator {
  readonly #order: Order;
  readonly #voices: Voices;
  readonly #scene: Awaited<ReturnType<typeof readScene>> | null;
  readonly #lateness = new LatenessWatch();
  readonly #links: Links[] = [];
  readonly #latest: number[] = [];
  #counts = { begun: 0, open: 0, skipped: 0, failedCalls: 0, turns: 0, failedTurns: 0, wrong: 0 };

  private constructor(order: Order, voices: Voices, scene: Awaited<ReturnType<typeof readScene>> | null) {
    this.#order = order;
    this.#voices = voices;
    this.#scene = scene;
  }

  /** Encodes all that is going to be said and shown. */
  static async prepare(order: Order): Promise<Generator> {
    const scene = order.scenario.call.camera ? await readScene() : null;
    return new Generator(order, await Voices.prepare(order.lives), scene);
  }

  get progress(): Progress {
    return { ...this.#counts, firstTextMs: [...this.#latest] };
  }

  /** Holds all calls. @param startedAtMs of the run, by `performance.now()` */
  async run(startedAtMs: number): Promise<Generated> {
    const held = await Promise.all(this.#order.lives.map((life) => this.#live(life, startedAtMs)));
    const calls = held.filter((call) => call !== null);
    const { skipped } = this.#counts;
    const network = this.#order.scenario.network ? this.#network() : null;
    return { calls, skipped, lateness: this.#lateness.stop(), network };
  }

  async #live(life: Life, startedAtMs: number): Promise<CallRecord | null> {
    await sleep(Math.max(0, startedAtMs + life.atMs - performance.now()));
    if (this.#counts.open >= this.#order.maxCalls) {
      this.#counts.skipped += 1;
      return null;
    }
    this.#counts.begun += 1;
    this.#counts.open += 1;
    const { scenario, target } = this.#order;
    const record = await holdCall(life, {
      target,
      startedAtMs,
      voices: this.#voices,
      scene: this.#scene,
      links: this.#linksOf(life),
      answerWithinMs: scenario.call.answerWithinMs,
      onAudio: this.#lateness.stream(),
      onTurn: (turn) => this.#count(turn),
    });
    this.#counts.open -= 1;
    if (record.connectFailure !== null || record.failure !== null) this.#counts.failedCalls += 1;
    return record;
  }

  #linksOf({ n }: Life): Links | null {
    const { network, seed } = this.#order.scenario;
    if (!network) return null;
    const random = (direction: number) => randomFrom(Math.imul(seed, 1_000_003) + 2 * n + direction);
    const links = { up: new Link(network.up, random(0)), down: new Link(network.down, random(1)) };
    this.#links.push(links);
    return links;
  }

  #count(turn: TurnRecord): void {
    this.#counts.turns += 1;
    if (isFailed(turn)) this.#counts.failedTurns += 1;
    if (turn.right === false) this.#counts.wrong += 1;
    if (turn.firstTextMs === null) return;
    this.#latest.push(turn.firstTextMs);
    if (this.#latest.length > LATEST) this.#latest.shift();
  }

  #network(): NonNullable<Generated['network']> {
    return {
      up: addCounts(this.#links.map(({ up }) => up.counts)),
      down: addCounts(this.#links.map(({ down }) => down.counts)),
    };
  }
}

/** It was to be answered, and was not. What the server took for nobody's is counted apart: its ear erred, and the call is well. */
export function isFailed({ outcome }: TurnRecord): boolean {
  return outcome === 'no_answer' || outcome === 'unheard' || outcome === 'call_ended';
}

export function addCounts(counts: readonly LinkCounts[]): LinkCounts {
  const sum = (of: (one: LinkCounts) => number) => counts.reduce((total, one) => total + of(one), 0);
  return {
    sent: sum(({ sent }) => sent),
    overtook: sum(({ overtook }) => overtook),
    lost: {
      loss: sum(({ lost }) => lost.loss),
      burst: sum(({ lost }) => lost.burst),
      queue: sum(({ lost }) => lost.queue),
    },
  };
}
