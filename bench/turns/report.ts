import type { Setting, TurnClip } from '../../tools/sounds/clip.js';
import { percentile } from '../../tools/support/statistics.js';
import type { Heard, Verdict } from './judge.js';

export interface Judged extends Verdict {
  readonly id: string;
  readonly kind: string;
  readonly lang: TurnClip['lang'];
  readonly setting: Setting;
  readonly heard: Heard;
}

/** What became of some clips. */
export interface Figures {
  readonly n: number;
  readonly right: number;
  /** Turns too many or too few, all told. */
  readonly wrongTurns: number;
  readonly early: number;
  readonly cancelled: number;
  /** From the true end of a question to the first text of its answer, of the right ones. */
  readonly delayMs: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p95: number | null;
  };
}

export interface KindFigures extends Figures {
  readonly kind: string;
  readonly setting: Setting;
}

export function figures(judged: readonly Judged[]): Figures {
  const delays = judged.flatMap(({ right, delayMs }) => (right && delayMs !== null ? [delayMs] : []));
  const count = (holds: (one: Judged) => boolean) => judged.filter(holds).length;
  return {
    n: judged.length,
    right: count(({ right }) => right),
    wrongTurns: judged.reduce((sum, { wrongTurns }) => sum + wrongTurns, 0),
    early: count(({ early }) => early),
    cancelled: count(({ cancelled }) => cancelled),
    delayMs: {
      mean: delays.length > 0 ? delays.reduce((sum, ms) => sum + ms, 0) / delays.length : null,
      p50: percentile(delays, 50),
      p95: percentile(delays, 95),
    },
  };
}

/** By setting, and `all` of them. */
export function summary(judged: readonly Judged[]): Record<string, Figures> {
  const groups = Map.groupBy(judged, ({ setting }) => setting);
  return {
    all: figures(judged),
    ...Object.fromEntries([...groups].map(([setting, of]) => [setting, figures(of)])),
  };
}

export function byKind(judged: readonly Judged[]): KindFigures[] {
  const groups = Map.groupBy(judged, ({ kind, setting }) => JSON.stringify([kind, setting]));
  return [...groups.values()].flatMap((of) => {
    const [first] = of;
    return first ? [{ kind: first.kind, setting: first.setting, ...figures(of) }] : [];
  });
}

/** For people: a kind a line, right of all by setting, and what went wrong. */
export function table(kinds: readonly KindFigures[], settings: readonly Setting[]): string {
  const names = [...new Set(kinds.map(({ kind }) => kind))];
  const head = [
    'kind'.padEnd(26),
    ...settings.map((name) => name.padStart(11)),
    '  turns early cut off  delay p50 / p95',
  ].join('');
  const line = (name: string, of: readonly KindFigures[]) => {
    const cells = settings.map((setting) => {
      const some = of.filter((one) => one.setting === setting);
      const [right, n] = [sum(some.map((one) => one.right)), sum(some.map((one) => one.n))];
      return (n === 0 ? '–' : `${right}/${n}`).padStart(11);
    });
    const wrong = [
      sum(of.map((one) => one.wrongTurns)),
      sum(of.map((one) => one.early)),
      sum(of.map((one) => one.cancelled)),
    ];
    const delays = settings.map((setting) => of.find((one) => one.setting === setting)?.delayMs);
    const told = delays.map((delay) =>
      delay?.p50 == null ? '–' : `${delay.p50.toFixed(0)}/${delay.p95?.toFixed(0)}`,
    );
    return [
      name.padEnd(26),
      ...cells,
      ...wrong.map((count, at) => String(count).padStart([7, 6, 8][at] ?? 0)),
      `  ${name === 'all' ? '' : told.join('  ')}`,
    ].join('');
  };
  return [
    head,
    ...names.map((name) =>
      line(
        name,
        kinds.filter(({ kind }) => kind === name),
      ),
    ),
    line('all', kinds),
  ].join('\n');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
