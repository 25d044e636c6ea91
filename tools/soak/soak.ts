import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { live } from './caller.js';
import type { CallEnd } from './journal.js';
import { endsWithinMs, judge, type Verdict } from './judge.js';
import { lifeOf, shortLife, type Leaving, type Life } from './life.js';
import { liveAndBeKilled } from './killed-caller.js';
import type { Material } from './material.js';
import { Random } from './random.js';
import type { CallRecord } from './record.js';
import { report, Tally, type SoakReport } from './report.js';
import { vitalsAtRest, type Vitals } from './vitals.js';
import { WatchedGateway } from './watched-gateway.js';

export interface SoakOptions {
  readonly seed: number;
  /** For so long calls come (ms). */
  readonly forMs: number;
  /** Calls a minute. */
  readonly rate: number;
  /** Callers at once; one that comes meanwhile waits. */
  readonly concurrent: number;
  /** Not null: so many short calls, as fast as they go, in place of those that come by time. */
  readonly leave: number | null;
  /** In which calls leave. */
  readonly ways: readonly Leaving[];
  /** Between the last call and the last measurement (ms). */
  readonly restMs: number;
  readonly material: Material;
  /** Where the log goes. */
  readonly folder: string;
  readonly settings: Record<string, string>;
  onFailure(record: CallRecord, verdict: Verdict, ends: readonly (CallEnd | null)[]): void;
  /** The gateway's process ended without having been asked to. */
  onExit(why: string): void;
  onProgress(progress: Progress): void;
}

export interface Progress {
  readonly elapsedMs: number;
  readonly tally: Tally;
  readonly begun: number;
  readonly now: number;
  readonly rssMb: number | null;
}

const PROGRESS_MS = 30_000;
/** Most calls that the gateway is left to hold in `leave`: it has room for 32 sessions, and those of silent callers stay for 30 s. */
const MOST_HELD = 24;
const POLL_MS = 50;
const NOTICED_MS = 500;
/** A gateway that ends again and again has been found out. */
const MOST_EXITS = 20;

/** Has calls come and go at a gateway of its own. @throws ToolError where the gateway does not come up */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  return new Soak(options, await WatchedGateway.start(options.folder, options.settings)).run();
}

class Soak {
  readonly #options: SoakOptions;
  readonly #tally = new Tally();
  readonly #callers = new Set<Promise<void>>();
  readonly #judged = new Set<Promise<void>>();
  readonly #random: Random;
  #gateway: WatchedGateway;
  #restarted: Promise<void> = Promise.resolve();
  /** Between the end of a gateway and the next one. */
  #down = false;
  #most = 0;
  #begun = 0;

  constructor(options: SoakOptions, gateway: WatchedGateway) {
    this.#options = options;
    this.#gateway = gateway;
    this.#random = new Random(options.seed);
    this.#watch(gateway);
  }

  async run(): Promise<SoakReport> {
    const before = await vitalsAtRest(this.#gateway.gateway);
    const startedAt = performance.now();
    const loop = monitorEventLoopDelay({ resolution: 10 });
    loop.enable();
    const progress = setInterval(() => this.#progress(performance.now() - startedAt), PROGRESS_MS);
    try {
      await (this.#options.leave === null ? this.#calls() : this.#leavings(this.#options.leave));
      const minutes = (performance.now() - startedAt) / 60_000;
      await Promise.all(this.#callers);
      await Promise.all(this.#judged);
      await this.#restarted;
      this.#progress(performance.now() - startedAt);
      const rss = [...this.#gateway.rss];
      await sleep(this.#options.restMs);
      const after = await this.#vitals();
      this.#tally.addJournal(this.#gateway.journal);
      return report(this.#tally, {
        minutes,
        seed: this.#options.seed,
        most: this.#most,
        callersP99Ms: loop.percentile(99) / 1e6,
        rss,
        before,
        after,
      });
    } finally {
      clearInterval(progress);
      loop.disable();
      await this.#gateway.stop();
    }
  }

  /** Calls that come by chance, so often a minute on the average. */
  async #calls(): Promise<void> {
    const { seed, forMs, rate, concurrent, ways } = this.#options;
    const endsAt = performance.now() + forMs;
    let dueAt = performance.now();
    for (let n = 0; dueAt < endsAt && !this.#hopeless; n += 1) {
      await sleep(Math.max(0, dueAt - performance.now()));
      while (this.#callers.size >= concurrent) await Promise.race(this.#callers);
      await this.#restarted;
      this.#begin(lifeOf(seed, n, ways));
      // Those that had to wait are not lost: the next are due the sooner.
      dueAt += this.#random.interval(rate / 60_000);
    }
  }

  async #leavings(count: number): Promise<void> {
    const { seed, concurrent, ways } = this.#options;
    for (let n = 0; n < count && !this.#hopeless; n += 1) {
      while (this.#callers.size >= concurrent) await Promise.race(this.#callers);
      while (this.#gateway.journal.open.length >= MOST_HELD) await sleep(POLL_MS);
      await this.#restarted;
      this.#begin(shortLife(seed, n, ways));
    }
  }

  get #hopeless(): boolean {
    return this.#tally.exits.length >= MOST_EXITS;
  }

  #begin(life: Life): void {
    this.#begun += 1;
    const gateway = this.#gateway;
    const { url } = gateway;
    const lived =
      life.leaving === 'killed'
        ? liveAndBeKilled(life, url)
        : live(life, { url, material: this.#options.material });
    const judged = lived.then((record) => this.#judge(record, gateway));
    track(
      this.#callers,
      lived.then(() => undefined),
    );
    track(this.#judged, judged);
    this.#most = Math.max(this.#most, this.#callers.size);
  }

  async #judge(record: CallRecord, gateway: WatchedGateway): Promise<void> {
    const ends = await Promise.all(
      record.ids.map((id) => gateway.journal.endOf(id, endsWithinMs(record.leaving))),
    );
    // That a process has ended is known a little later than what comes of it.
    await sleep(NOTICED_MS);
    // What else such a call saw is all the same thing.
    const verdict = gateway === this.#gateway && !this.#down ? judge(record, ends) : GATEWAY_ENDED;
    this.#tally.add(record, verdict);
    if (verdict.failures.length > 0 || verdict.wrong > 0) this.#options.onFailure(record, verdict, ends);
  }

  #watch(gateway: WatchedGateway): void {
    void gateway.ended.then((end) => {
      if (gateway.stopping) return;
      this.#tally.exits.push(end);
      gateway.gateway.died.catch((error: unknown) => this.#options.onExit(String(error)));
      this.#tally.addJournal(gateway.journal);
      this.#down = true;
      this.#restarted = this.#restart();
      // Told where it is waited for.
      this.#restarted.catch(() => undefined);
    });
  }

  async #restart(): Promise<void> {
    const gateway = await WatchedGateway.start(this.#options.folder, this.#options.settings);
    this.#gateway = gateway;
    this.#down = false;
    this.#watch(gateway);
  }

  async #vitals(): Promise<Vitals | null> {
    return this.#down ? null : vitalsAtRest(this.#gateway.gateway);
  }

  #progress(elapsedMs: number): void {
    this.#options.onProgress({
      elapsedMs,
      tally: this.#tally,
      begun: this.#begun,
      now: this.#callers.size,
      rssMb: this.#gateway.rss.at(-1)?.value ?? null,
    });
  }
}

const GATEWAY_ENDED: Verdict = { failures: ['gateway_ended'], wrong: 0 };

/** Keeps a promise in a set until it settles. */
function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  const remove = () => void set.delete(promise);
  promise.then(remove, remove);
}
