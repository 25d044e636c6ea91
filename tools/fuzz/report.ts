/** Something that should not be. */
export interface Finding {
  readonly what: 'exit' | 'honest' | 'memory' | 'unanswered' | 'logged';
  /** Since the run began. */
  readonly atS: number;
  readonly detail: string;
  /** How often the same was seen. */
  readonly times: number;
  /** Files that tell more, beneath the working directory. */
  readonly files: readonly string[];
}

/** What `--json` writes. */
export interface FuzzReport {
  readonly inputs: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Datagrams that the kernel had no room for: among `byKind`, not among `inputs`. */
  readonly dropped: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly exits: number;
  readonly honest: { readonly asked: number; readonly right: number };
  readonly rssMb: { readonly before: number | null; readonly after: number | null };
  readonly seed: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
}

/** How much more may be resident after than before. */
const GROWTH = 1.1;

/** Memory grew by more than it may. Where it is not known it did not. */
export function grew({ before, after }: FuzzReport['rssMb']): boolean {
  return before !== null && after !== null && after > before * GROWTH;
}

/** Nothing that a stranger sent was noticed by anybody else. */
export function passed({ exits, honest, rssMb }: FuzzReport): boolean {
  return exits === 0 && honest.asked > 0 && honest.right === honest.asked && !grew(rssMb);
}

/** For people. */
export function reportLines(report: FuzzReport): string[] {
  const { inputs, seconds, dropped, honest, rssMb, exits, seed, findings } = report;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  const mb = (value: number | null): string => (value === null ? 'unknown' : `${value} MB`);
  return [
    `${inputs} inputs in ${seconds} s (seed ${seed}): ${list(report.byKind)}; ${dropped} dropped by the kernel`,
    `answers: ${list(report.answers)}`,
    `exits: ${exits}`,
    `honest turns: ${honest.right} of ${honest.asked} right`,
    `memory: ${mb(rssMb.before)} before, ${mb(rssMb.after)} after`,
    ...findings.map(({ what, atS, detail, times, files }) =>
      [
        `${what} at ${atS} s${times > 1 ? ` (${times} times)` : ''}: ${detail.split('\n', 1)[0]}`,
        ...files,
      ].join('\n  '),
    ),
  ];
}

/** Gathers findings; the same again is counted. */
export class Findings {
  readonly #list = new Map<string, Finding>();

  add(what: Finding['what'], atMs: number, detail: string, files: readonly string[] = []): void {
    const key = `${what} ${detail}`;
    const before = this.#list.get(key);
    const atS = before?.atS ?? Math.round(atMs / 100) / 10;
    this.#list.set(key, {
      what,
      atS,
      detail,
      times: (before?.times ?? 0) + 1,
      files: [...(before?.files ?? []), ...files],
    });
  }

  get list(): readonly Finding[] {
    return [...this.#list.values()];
  }
}
