import { z } from 'zod';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1).nullable();
const ms = z.number().nullable();
const counts = z.record(z.string(), count);

/** Of measured values (ms), by nearest rank; null: there are none. */
const percentilesSchema = z.strictObject({ n: count, p50: ms, p90: ms, p95: ms, p99: ms, max: ms });

const linkSchema = z.strictObject({
  sent: count,
  overtook: count,
  lost: z.strictObject({ loss: count, burst: count, queue: count }),
});

/** What a load test found. Durations are ms; stages are from the true end of speech unless they say otherwise. */
export const reportSchema = z.strictObject({
  tool: z.literal('vis-a-vis load-test'),
  version: z.literal(1),
  scenario: z.strictObject({ name: z.string(), about: z.string(), seed: z.int() }),
  target: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  calls: z.strictObject({
    planned: count,
    /** Too many were open. */
    skipped: count,
    begun: count,
    connected: count,
    /** Not opened, or ended or complained about by the server. */
    failed: count,
    byFailure: counts,
    mostAtOnce: count,
  }),
  turns: z.strictObject({
    asked: count,
    byOutcome: counts,
    failed: count,
    /** Of those that were answered. */
    right: count,
    wrong: count,
  }),
  stages: z.strictObject({
    /** From the offer. */
    answer: percentilesSchema,
    connect: percentilesSchema,
    speechStopped: percentilesSchema,
    committed: percentilesSchema,
    firstText: percentilesSchema,
    done: percentilesSchema,
    /** First text without the endpoint delay that was asked for. */
    added: percentilesSchema,
    /** From the commit, as seen here and as the server tells it. */
    commitToFirstText: percentilesSchema,
    serverCommitToFirst: percentilesSchema,
    /** From the first packet of what interrupts until the answer is cut off. */
    bargeIn: percentilesSchema,
  }),
  bargeIns: z.strictObject({ tried: count, stopped: count }),
  /** What a shorter delay costs. */
  delays: z.array(
    z.strictObject({
      endpointDelayMs: z.number(),
      turns: count,
      paused: count,
      cutOffs: count,
      cutOffShare: share,
      addedP50: ms,
      addedP95: ms,
    }),
  ),
  noises: z.array(z.strictObject({ noise: z.string(), turns: count, failed: count, right: count })),
  /** By how many calls were open when a question ended. */
  loads: z.array(
    z.strictObject({ fromCalls: count, toCalls: count, turns: count, failed: count, addedP95: ms }),
  ),
  /** As many open calls as the scenario's `capacity` holds for; null: it does not ask, or fewer were never too many. */
  heldCalls: count.nullable(),
  timeline: z.array(
    z.strictObject({
      fromS: z.number(),
      openCalls: count,
      turns: count,
      failed: count,
      firstTextP50: ms,
      firstTextP95: ms,
      serverCores: z.number().nullable(),
      serverRssMb: z.number().nullable(),
    }),
  ),
  /** Null: it could not be read. */
  server: z
    .strictObject({
      source: z.enum(['metrics', 'proc']),
      /** In use on average while calls were open. */
      cores: z.number(),
      rssMaxMb: z.number(),
      openCalls: z.number(),
      callsPerCore: z.number().nullable(),
    })
    .nullable(),
  network: z.strictObject({ up: linkSchema, down: linkSchema }).nullable(),
  generator: z.strictObject({
    processes: count,
    loopP99Ms: z.number(),
    loopMaxMs: z.number(),
    pacingP99Ms: z.number(),
    pacingMaxMs: z.number(),
  }),
  thresholds: z.array(
    z.strictObject({
      name: z.string(),
      limit: z.number(),
      /** Null: there was nothing to measure it by, and it is not held. */
      value: z.number().nullable(),
      held: z.boolean(),
    }),
  ),
  held: z.boolean(),
});

export type LoadReport = z.infer<typeof reportSchema>;
export type Percentiles = z.infer<typeof percentilesSchema>;
