import { percentile } from '../support/statistics.js';
import type { Progress } from './generator/generator.js';

/** Between lines where they cannot be overwritten (ms). */
const LINE_MS = 5000;

/** One line of a run that goes on. */
export function progressLine(progress: Progress, elapsedMs: number): string {
  const { begun, open, skipped, failedCalls, turns, failedTurns, wrong, firstTextMs } = progress;
  const at = (percent: number) => percentile(firstTextMs, percent)?.toFixed(0) ?? '–';
  return [
    `${(elapsedMs / 1000).toFixed(0).padStart(5)} s`,
    `${open} open of ${begun} calls, ${failedCalls} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    `${turns} questions, ${failedTurns} failed, ${wrong} wrong`,
    `first text ${at(50)} / ${at(95)} ms (p50 / p95 of the latest)`,
  ].join('; ');
}

/** Tells a run's progress: in one line of a terminal, else a line now and then. */
export class ProgressTeller {
  readonly #out: NodeJS.WriteStream;
  #toldAtMs = -Infinity;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  tell(progress: Progress, elapsedMs: number): void {
    const line = progressLine(progress, elapsedMs);
    if (this.#out.isTTY) {
      this.#out.write(`\r\u001b[K${line.slice(0, this.#out.columns - 1)}`);
    } else if (elapsedMs - this.#toldAtMs >= LINE_MS) {
      this.#toldAtMs = elapsedMs;
      this.#out.write(`${line}\n`);
    }
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\n');
  }
}
