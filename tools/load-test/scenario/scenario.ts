import { z } from 'zod';
import { NOISE_KINDS } from '../../sounds/noises.js';

const share = z.number().min(0).max(1);
const rate = z.number().positive();
/** From and to. */
const range = z
  .tuple([z.number().nonnegative(), z.number().nonnegative()])
  .refine(([from, to]) => from <= to, { error: 'begins above its end' });
const wholeRange = z
  .tuple([z.int().positive(), z.int().positive()])
  .refine(([from, to]) => from <= to, { error: 'begins above its end' });

const arrivalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('steady'), callsPerMinute: rate }),
  z.strictObject({ kind: z.literal('ramp'), fromPerMinute: z.number().nonnegative(), toPerMinute: rate }),
  /** So many at the same moment, again and again. */
  z.strictObject({ kind: z.literal('burst'), calls: z.int().positive(), everyS: rate }),
]);

/** One direction of a network. All of it is off by default. */
export const linkSchema = z.strictObject({
  /** Of datagrams, independent of each other. */
  loss: share.default(0),
  /** Further loss in bursts: the share of datagrams that one begins with, and how many it takes on average. */
  bursts: z.strictObject({ share, length: z.number().min(1) }).optional(),
  delayMs: z.number().nonnegative().default(0),
  /** A datagram comes up to so much later than the delay. Their order is kept. */
  jitterMs: z.number().nonnegative().default(0),
  /** Share of datagrams that overtake those before them: they come without the jitter. */
  reorder: share.default(0),
  bandwidth: z
    .strictObject({ kbitPerS: rate, /** What waits longer is lost. */ queueMs: rate.default(200) })
    .optional(),
});

const callSchema = z.strictObject({
  turns: wholeRange,
  /** Of silence before each question. */
  gapMs: range,
  /** Of the server's turn detection (`silence_duration_ms`); each call has one of them. */
  endpointDelaysMs: z.array(z.int().positive()).min(1),
  /** An answer that has not ended so long after the true end of its question is lost. */
  answerWithinMs: z.int().positive(),
  camera: z.boolean(),
  /** A share of the questions is interrupted by a pause, in the middle of a sentence. */
  pause: z.strictObject({ share, ms: z.array(z.int().positive()).min(1) }).optional(),
  /** A share of the calls is held in noise, so many dB below the speech. */
  noise: z
    .strictObject({
      share,
      kinds: z.array(z.enum(NOISE_KINDS)).min(1),
      snrDb: z.array(z.number()).min(1),
    })
    .optional(),
  /** A share of the answers is interrupted by the next question, so long after their first text. */
  bargeIn: z.strictObject({ share, afterMs: z.number().nonnegative() }).optional(),
});

const thresholdsSchema = z.strictObject({
  /** Turns that have to be asked for the rest to mean anything. */
  minTurns: z.int().positive().optional(),
  maxFailedCallShare: share.optional(),
  /** Of turns: without an answer, or in a call that ended. */
  maxFailedTurnShare: share.optional(),
  minRightShare: share.optional(),
  maxConnectP95Ms: rate.optional(),
  maxAddedP50Ms: z.number().optional(),
  maxAddedP95Ms: z.number().optional(),
  maxFirstTextP95Ms: rate.optional(),
  /** Of questions with and without a pause. */
  maxCutOffShare: share.optional(),
  maxSkippedCalls: z.int().nonnegative().optional(),
  minHeldCalls: z.int().positive().optional(),
  minCallsPerCore: rate.optional(),
  maxServerRssMb: rate.optional(),
});

/** What a load test does, and what has to come of it. */
export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  about: z.string(),
  /** The same seed draws the same calls. */
  seed: z.int().default(1),
  /** Calls are begun within it; those that are open then are held to their end. */
  durationS: rate,
  arrival: arrivalSchema,
  /** At once. A call that would be one more is skipped, and counted. */
  maxCalls: z.int().positive(),
  call: callSchema,
  /** From the client to the server, and back. Absent: callers send to the server itself. */
  network: z.strictObject({ up: linkSchema, down: linkSchema }).optional(),
  /** Generators, each a process of its own. */
  processes: z.int().min(1).max(64).default(1),
  /** A generator that was later than this (its p99) has measured itself: nothing is reported. */
  generator: z
    .strictObject({ loopP99Ms: rate.default(30), pacingP99Ms: rate.default(20) })
    .default({ loopP99Ms: 30, pacingP99Ms: 20 }),
  /** So many open calls are held where turns are within this. */
  capacity: z.strictObject({ maxAddedP95Ms: z.number(), maxFailedTurnShare: share }).optional(),
  thresholds: thresholdsSchema,
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type Arrival = Scenario['arrival'];
export type LinkSettings = z.infer<typeof linkSchema>;
export type Thresholds = Scenario['thresholds'];
