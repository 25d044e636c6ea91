import { percentile } from '../../support/statistics.js';
import type { NoiseKind } from '../../sounds/noises.js';
import type { Outcome } from '../evaluate.js';
import { interval, turnEnd, type Accuracy, type IntervalAccuracy } from '../report.js';

/** A detected end of speech may lie this far (ms) before and behind the labelled one. */
export const END_BAR_MS = { early: -60, late: 80 } as const;

export interface VoiceAccuracy extends Accuracy {
  readonly name: string;
  readonly synthesiser: string;
  readonly lang: string;
}

/** Questions by natural voices that training never heard. The figures of `natural` itself are of English. */
export interface NaturalReport extends IntervalAccuracy {
  readonly mandarin: IntervalAccuracy;
  readonly voices: readonly VoiceAccuracy[];
  readonly families: Readonly<Record<string, Accuracy>>;
  /** Questions against the same ones cut off inside. */
  readonly turnEnd: { readonly n: number; readonly auc: number | null };
}

export interface NoiseAccuracy extends Accuracy {
  readonly kind: NoiseKind;
  readonly snrDb: number;
}

/** Detected end of speech − labelled end. */
export interface EndpointReport {
  readonly n: number;
  readonly p5Ms: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Share within {@link END_BAR_MS}. */
  readonly within: number | null;
  /** Questions whose speech was taken to end more than once, or not to have begun. */
  readonly split: number;
  readonly unheard: number;
}

export function naturalReport(outcomes: readonly Outcome[]): NaturalReport {
  const of = (lang: string) => outcomes.filter((outcome) => outcome.question.lang === lang);
  const voices = Map.groupBy(outcomes, ({ question }) =>
    `${question.synthesiser} ${question.voice ?? ''}`.trim(),
  );
  const families = Map.groupBy(outcomes, ({ question }) => question.family);
  return {
    ...interval(of('en')),
    mandarin: interval(of('zh')),
    voices: [...voices].map(([name, some]) => ({
      name,
      synthesiser: some[0]?.question.synthesiser ?? '',
      lang: some[0]?.question.lang ?? '',
      ...accuracy(some),
    })),
    families: Object.fromEntries([...families].map(([name, some]) => [name, accuracy(some)])),
    turnEnd: turnEnd(outcomes),
  };
}

export function accuracy(outcomes: readonly { readonly correct: boolean }[]): Accuracy {
  const right = outcomes.filter(({ correct }) => correct).length;
  return { n: outcomes.length, accuracy: outcomes.length > 0 ? right / outcomes.length : null };
}

/** What a detector made of one question: where it took the speech to end (ms), each time. */
export interface DetectedEnd {
  readonly labelledMs: number;
  readonly detectedMs: readonly number[];
}

export function endpointReport(ends: readonly DetectedEnd[]): EndpointReport {
  const errors = ends.flatMap(({ labelledMs, detectedMs }) => {
    const last = detectedMs.at(-1);
    return last === undefined ? [] : [last - labelledMs];
  });
  const within = errors.filter((ms) => ms >= END_BAR_MS.early && ms <= END_BAR_MS.late);
  return {
    n: ends.length,
    p5Ms: percentile(errors, 5),
    p50Ms: percentile(errors, 50),
    p95Ms: percentile(errors, 95),
    within: ends.length > 0 ? within.length / ends.length : null,
    split: ends.filter(({ detectedMs }) => detectedMs.length > 1).length,
    unheard: ends.filter(({ detectedMs }) => detectedMs.length === 0).length,
  };
}
