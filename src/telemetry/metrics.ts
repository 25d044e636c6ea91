import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Tally } from './tally.js';

/** Latency buckets in seconds: from a speculative answer that is waiting (1 ms) to a slow machine. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10];

/** Period of the timer that the event loop's delay is measured with: part of every reading. */
const LOOP_DELAY_RESOLUTION_MS = 10;
const LOOP_DELAY_QUANTILES = [0.5, 0.95, 0.99, 1];

/** The two latencies of a turn, in milliseconds; null where there was no speech or no token. */
export interface TurnLatency {
  readonly speechEndToFirstTokenMs: number | null;
  readonly commitToFirstTokenMs: number | null;
}

/** An answer that was begun before its turn was confirmed, at its end; `gainMs` holds where the outcome is `used`. */
export interface SpeculationResult {
  readonly kind: string;
  readonly outcome: string;
  readonly tokens: number;
  readonly gainMs: number;
}

/** Counts since the start, each by the label of its metric; only what there was. */
export interface Troubles {
  readonly refused_offers: Readonly<Record<string, number>>;
  readonly guarded_exceptions: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly parts_lost: Readonly<Record<string, number>>;
}

/** What the gateway counts, in Prometheus' terms. Names end in their unit. */
@Injectable()
export class Metrics implements OnModuleDestroy {
  private readonly registry = new Registry();
  private readonly loopDelay = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS });

  private readonly sessions = new Gauge({
    name: 'visavis_sessions',
    help: 'Calls that are open now.',
    registers: [this.registry],
  });
  private readonly sessionsTotal = new Counter({
    name: 'visavis_sessions_total',
    help: 'Calls opened since the start.',
    registers: [this.registry],
  });
  private readonly detachedSessions = new Gauge({
    name: 'visavis_sessions_detached',
    help: 'Calls that are open and kept for a client whose network has gone.',
    registers: [this.registry],
  });
  private readonly resumes = new Counter({
    name: 'visavis_resumes_total',
    help: 'Clients that came back to their calls (resumed), came with a token that is good for nothing (refused), or never (expired).',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  private readonly turns = new Counter({
    name: 'visavis_turns_total',
    help: 'Answers ended, by status.',
    labelNames: ['status'],
    registers: [this.registry],
  });
  private readonly speechEnd = new Histogram({
    name: 'visavis_speech_end_to_first_token_seconds',
    help: 'From the end of speech to the first token: what a person feels.',
    buckets: BUCKETS,
    registers: [this.registry],
  });
  private readonly commit = new Histogram({
    name: 'visavis_commit_to_first_token_seconds',
    help: 'From the commit of a turn to the first token: what the engine costs.',
    buckets: BUCKETS,
    registers: [this.registry],
  });
  private readonly speculations = new Counter({
    name: 'visavis_speculations_total',
    help: 'Answers begun before their turn was confirmed, by kind (speech, visual) and outcome.',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  private readonly speculativeTokens = new Counter({
    name: 'visavis_speculative_tokens_total',
    help: 'Tokens generated before their turn was confirmed, by kind and fate (used, wasted).',
    labelNames: ['kind', 'fate'],
    registers: [this.registry],
  });
  private readonly gain = new Histogram({
    name: 'visavis_speculation_gain_seconds',
    help: 'How much sooner a first token was there than if its answer had been begun at the commit.',
    buckets: BUCKETS,
    registers: [this.registry],
  });
  private readonly drops = new Tally(
    'visavis_drops_total',
    'Packets, frames and messages dropped, by reason.',
    { label: 'reason', registry: this.registry },
  );
  private readonly errors = new Counter({
    name: 'visavis_errors_total',
    help: 'Errors reported to clients, by code.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly ended = new Counter({
    name: 'visavis_sessions_ended_total',
    help: 'Calls ended, by reason.',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  private readonly refusedOffers = new Tally('visavis_offers_refused_total', 'Offers refused, by code.', {
    label: 'code',
    registry: this.registry,
  });
  private readonly guardedBugs = new Tally(
    'visavis_guarded_exceptions_total',
    'Exceptions that no code foresaw, by where they were caught. Each is a bug.',
    { label: 'where', registry: this.registry },
  );
  private readonly lostParts = new Tally(
    'visavis_parts_lost_total',
    'Calls told that a part they rest on is lost for good, by part.',
    { label: 'part', registry: this.registry },
  );
  private readonly kvTokens = new Gauge({
    name: 'visavis_kv_tokens',
    help: 'Tokens in the KV caches of all open calls, as of their last turn.',
    registers: [this.registry],
  });
  private readonly kvBySession = new Map<string, number>();

  constructor() {
    this.loopDelay.enable();
    const { loopDelay } = this;
    new Gauge({
      name: 'visavis_event_loop_delay_seconds',
      help: "Time between ticks of the resolution's timer on the main thread, since the last scrape.",
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        for (const quantile of LOOP_DELAY_QUANTILES) {
          this.set({ quantile }, loopDelay.count > 0 ? loopDelay.percentile(quantile * 100) / 1e9 : 0);
        }
        loopDelay.reset();
      },
    });
    new Gauge({
      name: 'visavis_event_loop_delay_resolution_seconds',
      help: 'What the event loop delay reads when the loop is idle.',
      registers: [this.registry],
    }).set(LOOP_DELAY_RESOLUTION_MS / 1000);
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time of this process with all its threads, user and system.',
      registers: [this.registry],
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of this process.',
      registers: [this.registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'nodejs_active_resources',
      help: 'What keeps the process alive, by type: timers, sockets, requests.',
      labelNames: ['type'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const type of process.getActiveResourcesInfo()) this.inc({ type });
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Calls that are open, and those of them that wait for their clients. */
  calls = { open: 0, detached: 0 };

  sessionOpened(): void {
    this.calls = { ...this.calls, open: this.calls.open + 1 };
    this.sessions.inc();
    this.sessionsTotal.inc();
  }

  sessionClosed(id: string, reason: string): void {
    this.calls = { ...this.calls, open: this.calls.open - 1 };
    this.sessions.dec();
    this.ended.inc({ reason });
    this.kvBySession.delete(id);
    this.sumKv();
  }

  /** @param count calls that are kept for clients whose network has gone */
  detached(count: number): void {
    this.calls = { ...this.calls, detached: count };
    this.detachedSessions.set(count);
  }

  resume(outcome: 'resumed' | 'refused' | 'expired'): void {
    this.resumes.inc({ outcome });
  }

  turn(status: string): void {
    this.turns.inc({ status });
  }

  latency(turn: TurnLatency): void {
    if (turn.speechEndToFirstTokenMs !== null) this.speechEnd.observe(turn.speechEndToFirstTokenMs / 1000);
    if (turn.commitToFirstTokenMs !== null) this.commit.observe(turn.commitToFirstTokenMs / 1000);
  }

  speculation({ kind, outcome, tokens, gainMs }: SpeculationResult): void {
    const used = outcome === 'used';
    this.speculations.inc({ kind, outcome });
    this.speculativeTokens.inc({ kind, fate: used ? 'used' : 'wasted' }, tokens);
    if (used && kind === 'speech') this.gain.observe(gainMs / 1000);
  }

  drop(reason: string, count = 1): void {
    this.drops.add(reason, count);
  }

  error(code: string): void {
    this.errors.inc({ code });
  }

  /** An offer was answered with an error of this code. */
  refused(code: string): void {
    this.refusedOffers.add(code);
  }

  /** @param where of `OnBug` */
  guarded(where: string): void {
    this.guardedBugs.add(where);
  }

  /** A call was told that a part it rests on is lost. */
  lost(part: string): void {
    this.lostParts.add(part);
  }

  /** What an operator wants to see at a glance: counts since the start, by label. */
  troubles(): Troubles {
    return {
      refused_offers: this.refusedOffers.counts(),
      guarded_exceptions: this.guardedBugs.counts(),
      drops: this.drops.counts(),
      parts_lost: this.lostParts.counts(),
    };
  }

  /** Tokens that one call now holds. */
  context(id: string, tokens: number): void {
    this.kvBySession.set(id, tokens);
    this.sumKv();
  }

  /**
   * Adds what another part counts, read when it is scraped.
   * @param read values by the label's value; without a label, one value under ''
   */
  observe(
    about: { name: string; help: string; label?: string },
    read: () => ReadonlyMap<string, number>,
  ): void {
    const { name, help, label } = about;
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
      collect() {
        for (const [value, count] of read()) this.set(label === undefined ? {} : { [label]: value }, count);
      },
    });
  }

  /** The text that a Prometheus server scrapes. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  onModuleDestroy(): void {
    this.loopDelay.disable();
  }

  private sumKv(): void {
    let sum = 0;
    for (const tokens of this.kvBySession.values()) sum += tokens;
    this.kvTokens.set(sum);
  }
}
