import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from '../support/repository.js';
import { Journal } from './core/journal.js';
import { Random } from './core/random.js';
import { Schedule, type Action } from './core/schedule.js';
import { awaitGateway, residentMb, startGateway, watchGateway, type Exit, type Target } from './gateway.js';
import { Honest } from './honest.js';
import { LivePorts } from './live-ports.js';
import { Performer } from './performer.js';
import { Findings, grew, type FuzzReport } from './report.js';
import { readSeeds, type Seeds } from './seeds.js';
import { Tally } from './tally.js';
import { ordinaryLoad } from './warm-up.js';

const ARTIFACTS = join(REPOSITORY, 'artifacts/fuzz');
const STEP_MS = 4;
const PORTS_MS = 250;
/** Turns of the honest clients before anything else happens. */
const FIRST_TURNS = 4;
/** Before memory is measured the first time, and the last (ms). */
const REST_BEFORE_MS = 15_000;
const REST_AFTER_MS = 60_000;
const WARM_ROUNDS = 3;
/** Of clients that leave without a word the calls stay until consent is lost: so many are open at once for each client. */
const LINGER = 3;
/** What the fuzzer is behind after a stall is not made up for by more than this many actions at once. */
const MOST_AT_ONCE = 50;

export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Inputs a second. */
  readonly rate: number;
  /** Clients at once. */
  readonly clients: number;
  /** Null: the built gateway is started. */
  readonly url: string | null;
  readonly cores: boolean;
  /** Instead of a schedule: these, at these times. */
  readonly replay: readonly { readonly atMs: number; readonly action: Action }[] | null;
  readonly print: (line: string) => void;
}

/** One run: warm-up, the fuzzing beside honest calls, a rest, and what came of it. */
export class FuzzRun {
  readonly #options: FuzzOptions;
  readonly #journal = new Journal();
  readonly #tally = new Tally();
  readonly #ports = new LivePorts();
  readonly #findings = new Findings();
  readonly #honest: Honest;
  readonly #asked = { asked: 0, right: 0 };
  readonly #startedAtMs = performance.now();
  #exits = 0;
  #target: Target | null = null;
  #performer: Performer | null = null;
  /** The honest turns from here on count. */
  #counting = false;
  #done = false;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#honest = new Honest((turn) => {
      if (!this.#counting) return;
      this.#asked.asked += 1;
      if (turn.right) this.#asked.right += 1;
      else
        this.#found('honest', `${turn.way} '${turn.question}': ${turn.answer.split('\n', 1)[0] ?? ''}`, []);
    });
  }

  /** @throws ToolError where the gateway does not come up, or the honest clients are not answered before anything is done */
  async run(): Promise<FuzzReport> {
    const { print, seconds, seed, clients } = this.#options;
    const seeds = await readSeeds();
    try {
      const target = await this.#start(seeds);
      this.#honest.tell({ url: target.url, ask: true });
      await this.#honest.rightTurns(FIRST_TURNS);
      if (this.#options.replay === null)
        await ordinaryLoad(target.url, seeds, { clients: LINGER * clients, rounds: WARM_ROUNDS });
      await this.#honest.pause();
      await sleep(this.#options.replay === null ? REST_BEFORE_MS : 0);
      const before = await residentMb(target.pid);
      print(`ready at ${target.url}, ${before ?? '?'} MB; seed ${seed}`);
      this.#honest.tell({ ask: true });
      this.#counting = true;
      await (this.#options.replay ? this.#replay(this.#options.replay) : this.#fuzz());
      await this.#performer?.close();
      await this.#honest.pause();
      if (this.#options.replay === null) await sleep(REST_AFTER_MS);
      const rssMb = { before, after: await residentMb(this.#target?.pid ?? null) };
      if (this.#findings.list.length > 0) await this.#keep('end', this.#target?.log() ?? []);
      if (grew(rssMb)) this.#found('memory', `${rssMb.before} MB before, ${rssMb.after} MB after`, []);
      const { byKind, answers, inputs } = this.#tally;
      return {
        // What the kernel threw away reached nobody.
        inputs: inputs - this.#ports.dropped,
        byKind,
        dropped: this.#ports.dropped,
        answers,
        exits: this.#exits,
        honest: this.#asked,
        rssMb,
        seed,
        seconds,
        findings: this.#findings.list,
      };
    } finally {
      this.#done = true;
      await this.#honest.stop();
      await this.#target?.stop();
    }
  }

  /** Brings a gateway up, and another where it ends. */
  async #start(seeds: Seeds): Promise<Target> {
    const { url, cores } = this.#options;
    const onError = (what: string): void => this.#findings.add('logged', this.#atMs, what);
    const target = url === null ? await startGateway({ onError, cores }) : await watchGateway(url);
    this.#target = target;
    this.#performer = new Performer({
      url: target.url,
      seeds,
      journal: this.#journal,
      tally: this.#tally,
      ports: this.#ports,
      atMs: () => this.#atMs,
      onUnanswered: (asked) =>
        this.#findings.add('unanswered', this.#atMs, `a request got no answer within 10 s: ${asked}`),
    });
    void target.exited
      .then((exit) => this.#exited(exit, seeds))
      .catch((error: unknown) => this.#options.print(String(error)));
    return target;
  }

  async #exited(exit: Exit, seeds: Seeds): Promise<void> {
    if (this.#done) return;
    this.#exits += 1;
    const performer = this.#performer;
    this.#performer = null;
    this.#honest.tell({ url: null });
    const files = await this.#keep(`exit${this.#exits}`, exit.log);
    this.#found('exit', `the gateway ended with ${exit.how}: ${reasonOf(exit.log)}`, files);
    await performer?.close();
    if (this.#options.url !== null) await awaitGateway(this.#options.url);
    const target = await this.#start(seeds);
    this.#honest.tell({ url: target.url });
  }

  /** The last inputs of a gateway, and the end of its log. */
  async #keep(what: string, log: readonly string[]): Promise<string[]> {
    const name = join(ARTIFACTS, `${this.#options.seed}-${what}`);
    await mkdir(ARTIFACTS, { recursive: true });
    await writeFile(`${name}.jsonl`, `${this.#journal.lines().join('\n')}\n`);
    await writeFile(`${name}.log`, `${log.join('\n')}\n`);
    return [`${name}.jsonl`, `${name}.log`];
  }

  async #fuzz(): Promise<void> {
    const { seconds, seed, rate, clients } = this.#options;
    const schedule = new Schedule(new Random(seed), { clients, openEveryMs: 700, requestEveryMs: 150 });
    const startedAtMs = this.#atMs;
    const sentBefore = this.#journal.count;
    let downMs = 0;
    let portsAtMs = 0;
    for (let lastMs = startedAtMs; this.#atMs - startedAtMs < seconds * 1000; await sleep(STEP_MS)) {
      const performer = this.#performer;
      if (this.#atMs - portsAtMs > PORTS_MS) {
        portsAtMs = this.#atMs;
        await this.#ports.refresh();
        performer?.settle();
      }
      // While there is no gateway nothing can be sent, and nothing is owed.
      if (!performer) downMs += this.#atMs - lastMs;
      lastMs = this.#atMs;
      const due = (rate * (this.#atMs - startedAtMs - downMs)) / 1000;
      for (let n = 0; performer && n < MOST_AT_ONCE && this.#journal.count - sentBefore < due; n += 1) {
        const { connected, opening, waiting } = performer;
        const action = schedule.next({ atMs: this.#atMs, connected, opening, waiting });
        if (action === null) break;
        performer.perform(action);
      }
    }
  }

  /** The same actions again, as far apart as they were. */
  async #replay(actions: NonNullable<FuzzOptions['replay']>): Promise<void> {
    const startedAtMs = this.#atMs;
    const originMs = actions[0]?.atMs ?? 0;
    for (const { atMs, action } of actions) {
      const waitMs = atMs - originMs - (this.#atMs - startedAtMs);
      if (waitMs > 0) await sleep(waitMs);
      this.#performer?.perform(action);
    }
    await sleep(5000);
  }

  get #atMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  #found(what: 'exit' | 'honest' | 'memory', detail: string, files: readonly string[]): void {
    this.#findings.add(what, this.#atMs, detail, files);
    this.#options.print(`${(this.#atMs / 1000).toFixed(1)} s  ${what}: ${detail}`);
  }
}

/** The line of a log that says what a process died of. */
function reasonOf(log: readonly string[]): string {
  const told = log.findLastIndex((line) => !line.startsWith('{') && /Error|fatal|assert/i.test(line));
  if (told < 0) return log.at(-1) ?? 'without a word';
  const [what = '', where = ''] = log.slice(told).map((line) => line.trim());
  return `${what} ${where.startsWith('at ') ? where : ''}`.trim();
}
