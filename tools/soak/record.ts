import type { Act, Leaving } from './life.js';

/** What became of a question. */
export interface Asked {
  readonly k: Act['k'] | Leaving;
  readonly question: string;
  /** Null: there was none, and `failure` says why. */
  readonly answer: string | null;
  readonly right: boolean;
  readonly failure: string | null;
}

/** What a caller saw of its call. It crosses the border of a process as JSON. */
export interface CallRecord {
  readonly n: number;
  readonly leaving: Leaving;
  readonly camera: boolean;
  /** When its last connection was closed (ISO), to find it in the gateway's log. */
  readonly leftAt: string;
  /** Of the calls that the gateway opened for it. More than one: it dialled again. */
  readonly ids: readonly string[];
  readonly asked: readonly Asked[];
  /** What should not have been: a kind, and behind a colon more about it. */
  readonly faults: readonly string[];
  /** It came to leave in its way; false: something failed before. */
  readonly left: boolean;
  /** Answers that were cut off by speech. */
  readonly interrupted: number;
}

/** Takes down what a caller sees. */
export class Notes {
  readonly ids: string[] = [];
  readonly asked: Asked[] = [];
  readonly faults: string[] = [];
  left = false;
  interrupted = 0;

  /** Once a kind: the second error of a call is most often the first one's. */
  fault(kind: string, more = ''): void {
    const known = this.faults.some((fault) => fault.split(':', 1)[0] === kind);
    if (!known) this.faults.push(more ? `${kind}: ${more}` : kind);
  }

  /** @param leftAtMs wall clock */
  record(
    { n, leaving, camera }: { n: number; leaving: Leaving; camera: boolean },
    leftAtMs = Date.now(),
  ): CallRecord {
    const { ids, asked, faults, left, interrupted } = this;
    const leftAt = new Date(leftAtMs).toISOString();
    return { n, leaving, camera, leftAt, ids, asked, faults, left, interrupted };
  }
}
