import { wilson } from '../support/statistics.js';
import type { Outcome } from './evaluate.js';
import { wordErrorRate, wordErrors } from './word-error.js';

/** A share of right answers; null where nothing was asked. */
export interface Accuracy {
  readonly n: number;
  readonly accuracy: number | null;
}

/** With Wilson's 95 % interval. */
export interface FamilyAccuracy extends Accuracy {
  readonly low: number;
  readonly high: number;
  /** Of the same questions without pictures, and without speech. */
  readonly blind: number | null;
  readonly deaf: number | null;
}

/** What `--json` writes. All figures are of held-out voices, but for `ood`. */
export interface EvalReport {
  readonly model: string;
  readonly overall: FamilyAccuracy;
  readonly families: Readonly<Record<string, FamilyAccuracy>>;
  readonly ablations: {
    readonly blind: Accuracy;
    readonly deaf: Accuracy;
    /** Speech at once against speech in packets. */
    readonly oneShot: { readonly n: number; readonly identical: number };
  };
  /** Over the family `repeat`. */
  readonly asr: { readonly wer: number | null };
  /** A synthesiser that training never heard. */
  readonly ood: { readonly flite: Accuracy };
}

export function report(model: string, outcomes: readonly Outcome[]): EvalReport {
  const { espeak: heldOut = [], flite = [] } = Object.groupBy(outcomes, (o) => o.question.synthesiser);
  const families = Object.entries(Object.groupBy(heldOut, (o) => o.question.family));
  const overall = familyAccuracy(heldOut);
  const tried = heldOut.filter((o) => o.oneShotIdentical !== null);
  const repeated = heldOut.filter((o) => o.question.family === 'repeat');
  return {
    model,
    overall,
    families: Object.fromEntries(families.map(([name, group = []]) => [name, familyAccuracy(group)])),
    ablations: {
      blind: { n: overall.n, accuracy: overall.blind },
      deaf: { n: overall.n, accuracy: overall.deaf },
      oneShot: { n: tried.length, identical: tried.filter((o) => o.oneShotIdentical).length },
    },
    asr: { wer: wordErrorRate(repeated.map((o) => wordErrors(o.question.answer, o.text))) },
    ood: { flite: { n: flite.length, accuracy: share(flite, (o) => o.correct) } },
  };
}

/** The report as a table for people. */
export function table({ overall, families, ablations, asr, ood }: EvalReport): string {
  const row = (name: string, a: FamilyAccuracy) =>
    [
      name.padEnd(12),
      String(a.n).padStart(5),
      percent(a.accuracy),
      `${percent(a.low)} –${percent(a.high)}`,
      percent(a.blind),
      percent(a.deaf),
    ].join('  ');
  const { oneShot } = ablations;
  return [
    `${'family'.padEnd(12)}  ${'n'.padStart(5)}  ${'right'.padStart(6)}  ${'95 % interval'.padStart(14)}  ${'blind'.padStart(6)}  ${'deaf'.padStart(6)}`,
    ...Object.entries(families).map(([name, family]) => row(name, family)),
    row('overall', overall),
    '',
    `word error rate (repeat):      ${percent(asr.wer)}`,
    `another synthesiser (flite):   ${percent(ood.flite.accuracy)} of ${ood.flite.n}`,
    `speech at once or in packets:  ${oneShot.identical} of ${oneShot.n} answers are identical`,
  ].join('\n');
}

function familyAccuracy(outcomes: readonly Outcome[]): FamilyAccuracy {
  const correct = outcomes.filter((o) => o.correct).length;
  return {
    n: outcomes.length,
    accuracy: share(outcomes, (o) => o.correct),
    ...wilson(correct, outcomes.length),
    blind: share(outcomes, (o) => o.ablated?.blind === true),
    deaf: share(outcomes, (o) => o.ablated?.deaf === true),
  };
}

function share(outcomes: readonly Outcome[], holds: (outcome: Outcome) => boolean): number | null {
  return outcomes.length === 0 ? null : outcomes.filter(holds).length / outcomes.length;
}

function percent(value: number | null): string {
  return (value === null ? '–' : `${(100 * value).toFixed(1)}%`).padStart(6);
}
