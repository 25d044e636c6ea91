import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Counter, Gauge, Histogram, type Aggregator, type MetricObject } from 'prom-client';
import { asOpenMetrics, asText, openRegistry, type Scraped } from './open-metrics.js';
import { processMetrics } from './process-metrics.js';
import { LabelValues, Tally } from './tally.js';
import type { SpanReference } from './tracing/tracing.js';

/** Latency buckets in seconds: from a speculative answer that is waiting (1 ms) to a slow machine. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10];

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
  private readonly registry = openRegistry();
  private readonly loopDelay = processMetrics(this.registry);

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
  private readonly turns = new Tally('visavis_turns_total', 'Answers ended, by status.', {
    label: 'status',
    registry: this.registry,
  });
  private readonly speechEnd = new Histogram({
    name: 'visavis_speech_end_to_first_token_seconds',
    help: 'From the end of speech to the first token: what a person feels.',
    buckets: BUCKETS,
    enableExemplars: true,
    registers: [this.registry],
  });
  private readonly commit = new Histogram({
    name: 'visavis_commit_to_first_token_seconds',
    help: 'From the commit of a turn to the first token: what the engine costs.',
    buckets: BUCKETS,
    enableExemplars: true,
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
  private readonly errors = new Tally('visavis_errors_total', 'Errors reported to clients, by code.', {
    label: 'code',
    registry: this.registry,
  });
  private readonly ended = new Tally('visavis_sessions_ended_total', 'Calls ended, by reason.', {
    label: 'reason',
    registry: this.registry,
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
  private readonly captures = new Tally(
    'visavis_captures_total',
    'Recordings of calls that ended, by how: complete, at a bound, or because they could not be written.',
    { label: 'end', registry: this.registry },
  );
  private readonly admissionRefusals = new Tally(
    'visavis_admission_refusals_total',
    'Calls that were not taken, by what ran out.',
    { label: 'reason', registry: this.registry },
  );
  private readonly admissionRung = new Gauge({
    name: 'visavis_admission_rung',
    aggregator: 'max',
    help: 'Steps of the ladder by which calls are given less now; 0: they are given all.',
    registers: [this.registry],
  });
  private readonly admissionPressure = new Gauge({
    name: 'visavis_admission_pressure',
    aggregator: 'max',
    help: 'Use of each budget that is watched; 1: it is used up.',
    labelNames: ['budget'],
    registers: [this.registry],
  });
  private readonly kvTokens = new Gauge({
    name: 'visavis_kv_tokens',
    help: 'Tokens in the KV caches of all open calls, as of their last turn.',
    registers: [this.registry],
  });
  private readonly kvBySession = new Map<string, number>();

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
    this.ended.add(reason);
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
    this.turns.add(status);
  }

  /** @param span of the turn, where it is traced: the exemplar of its buckets */
  latency(turn: TurnLatency, span: SpanReference | null = null): void {
    const exemplarLabels = span ? { trace_id: span.traceId, span_id: span.spanId } : {};
    const observe = (histogram: Histogram, ms: number | null): void => {
      if (ms !== null) histogram.observe({ labels: {}, value: ms / 1000, exemplarLabels });
    };
    observe(this.speechEnd, turn.speechEndToFirstTokenMs);
    observe(this.commit, turn.commitToFirstTokenMs);
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
    this.errors.add(code);
  }

  /** An offer was answered with an error of this code. */
  refused(code: string): void {
    this.refusedOffers.add(code);
  }

  /** A call was not taken: what ran out. */
  refusedFor(reason: string): void {
    this.admissionRefusals.add(reason);
  }

  /** Steps of the ladder that are taken now. */
  rung(steps: number): void {
    this.admissionRung.set(steps);
  }

  /** @param use 1: all of it */
  pressure(budget: string, use: number): void {
    this.admissionPressure.set({ budget }, use);
  }

  /** @param where of `OnBug` */
  guarded(where: string): void {
    this.guardedBugs.add(where);
  }

  /** A call was told that a part it rests on is lost. */
  lost(part: string): void {
    this.lostParts.add(part);
  }

  /** The recording of a call ended. */
  captured(end: string): void {
    this.captures.add(end);
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
   * @param about `across`: what is made of it where several gateways are asked together; left out: the sum
   * @param read values by the label's value; without a label, one value under ''
   */
  observe(
    about: { name: string; help: string; label?: string; across?: Aggregator },
    read: () => ReadonlyMap<string, number>,
  ): void {
    const { name, help, label, across = 'sum' } = about;
    const known = new LabelValues();
    const labelsOf = (value: string) => (label === undefined ? {} : { [label]: known.of(value) });
    const common = {
      name,
      help,
      aggregator: across,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    };
    if (name.endsWith('_total')) {
      new Counter({
        ...common,
        collect() {
          this.reset();
          for (const [value, count] of read()) this.inc(labelsOf(value), count);
        },
      });
      return;
    }
    new Gauge({
      ...common,
      collect() {
        for (const [value, count] of read()) this.set(labelsOf(value), count);
      },
    });
  }

  /** What a Prometheus server scrapes. @param open as OpenMetrics, with exemplars */
  scraped(open: boolean): Scraped {
    return open ? asOpenMetrics(this.registry) : asText(this.registry);
  }

  /** To be added to what other gateways count (`AggregatorRegistry.aggregate`). */
  json(): Promise<MetricObject[]> {
    return this.registry.getMetricsAsJSON();
  }

  /** The text that a Prometheus server scrapes. */
  text(): Promise<string> {
    return this.scraped(false).text;
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
