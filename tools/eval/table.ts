import type { EvalReport, FamilyAccuracy, IntervalAccuracy } from './report.js';
import type { WebRtcReport } from './webrtc/run.js';

const NAME = 14;

/** The report as a table for people. What was not asked has no line. */
export function table(report: EvalReport): string {
  const { overall, languages, families, ablations, ood } = report;
  const several = Object.keys(languages).length > 1;
  return [
    heading(),
    ...Object.entries(families).map(([name, family]) => row(name, family)),
    row('overall', overall),
    ...(several ? Object.entries(languages).map(([name, of]) => short(`of them ${name}`, of)) : []),
    '',
    `blind (families that need eyes):  ${percent(ablations.blind.accuracy)} of ${ablations.blind.n}; guessing: ${percent(ablations.blind.guess)}`,
    `deaf (all families):              ${percent(ablations.deaf.accuracy)} of ${ablations.deaf.n}; guessing: ${percent(ablations.deaf.guess)}`,
    `speech at once or in packets:     ${ablations.oneShot.identical} of ${ablations.oneShot.n} answers are identical`,
    ...languageFigures(report),
    `another synthesiser (flite):      ${percent(ood.flite.accuracy)} of ${ood.flite.n}`,
  ].join('\n');
}

/** The same questions over WebRTC and directly. */
export function webRtcLines({ n, accuracy, direct, failed, frames }: WebRtcReport): string {
  return [
    `over WebRTC ${percent(accuracy).trim()} of ${n}, directly ${percent(direct).trim()}`,
    `  ${frames.attended} pictures attended of ${frames.shown} shown; ${failed} calls without an answer`,
  ].join('\n');
}

function languageFigures({ asr, s2tt, turnEnd }: EvalReport): string[] {
  const recognised = Object.entries(asr.families).map(
    ([name, { n, unit, rate }]) => `${`${unit} error rate (${name}):`.padEnd(34)}${percent(rate)} of ${n}`,
  );
  const translated = [
    ['English to Chinese', s2tt.en2zh] as const,
    ['Chinese to English', s2tt.zh2en] as const,
  ].filter(([, { n }]) => n > 0);
  return [
    ...recognised,
    ...translated.map(
      ([way, { n, bleu }]) => `${`BLEU, ${way}:`.padEnd(34)}${bleu?.toFixed(1) ?? '–'} of ${n}`,
    ),
    ...(turnEnd.auc === null
      ? []
      : [`${'end of turn, AUC:'.padEnd(34)}${turnEnd.auc.toFixed(3)} of ${turnEnd.n}`]),
  ];
}

function heading(): string {
  const titles = ['right', '95 % interval', 'guess', 'blind', 'deaf', 'of'];
  const widths = [6, 14, 6, 6, 6, 5];
  return [
    'family'.padEnd(NAME),
    'n'.padStart(5),
    ...titles.map((title, i) => title.padStart(widths[i] ?? 0)),
  ].join('  ');
}

function row(name: string, a: FamilyAccuracy): string {
  return [
    short(name, a),
    percent(a.guess),
    percent(a.blind),
    percent(a.deaf),
    String(a.ablated).padStart(5),
  ].join('  ');
}

function short(name: string, a: IntervalAccuracy): string {
  return [
    name.padEnd(NAME),
    String(a.n).padStart(5),
    percent(a.accuracy),
    `${percent(a.low)} –${percent(a.high)}`,
  ].join('  ');
}

function percent(value: number | null): string {
  return (value === null ? '–' : `${(100 * value).toFixed(1)}%`).padStart(6);
}
