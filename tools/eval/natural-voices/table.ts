import { NOISE_KINDS } from '../../sounds/noises.js';
import { SNRS_DB } from './noise.js';
import { END_BAR_MS, type EndpointReport, type NaturalReport, type NoiseAccuracy } from './report.js';

const NAME = 24;

/** What natural voices got, for people. */
export function naturalLines({
  natural,
  noise,
  endpoint,
}: {
  natural: NaturalReport;
  noise: readonly NoiseAccuracy[];
  endpoint: EndpointReport;
}): string {
  const figure = (snrDb: number, kind: string) =>
    noise.find((one) => one.kind === kind && one.snrDb === snrDb)?.accuracy ?? null;
  return [
    `natural voices, English:          ${percent(natural.accuracy)} of ${natural.n}`,
    `natural voices, Mandarin:         ${percent(natural.mandarin.accuracy)} of ${natural.mandarin.n}`,
    ...natural.voices.map(({ name, n, accuracy }) => `  ${name.padEnd(NAME)}${percent(accuracy)} of ${n}`),
    ...(natural.turnEnd.auc === null
      ? []
      : [`end of turn, AUC:                 ${natural.turnEnd.auc.toFixed(3)} of ${natural.turnEnd.n}`]),
    `${'in noise'.padEnd(NAME)}${SNRS_DB.map((snrDb) => `${snrDb} dB`.padStart(8)).join('')}`,
    ...NOISE_KINDS.map(
      (kind) =>
        `  ${kind.padEnd(NAME - 2)}${SNRS_DB.map((snrDb) => percent(figure(snrDb, kind)).padStart(8)).join('')}`,
    ),
    `detected end of speech − labelled: ${ms(endpoint.p5Ms)} / ${ms(endpoint.p50Ms)} / ${ms(endpoint.p95Ms)} ms (p5, p50, p95) of ${endpoint.n};`,
    `  ${percent(endpoint.within).trim()} within ${END_BAR_MS.early} to +${END_BAR_MS.late} ms, ${endpoint.split} ended twice, ${endpoint.unheard} unheard`,
  ].join('\n');
}

function percent(value: number | null): string {
  return (value === null ? '–' : `${(100 * value).toFixed(1)}%`).padStart(6);
}

function ms(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}
