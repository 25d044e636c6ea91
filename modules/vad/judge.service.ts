import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Guard, ON_BUG, workerEntry, type OnBug } from '#modules/contracts';
import { JobList } from './core/judge/job-list.js';
import {
  MOST_JUDGED_MS,
  NO_JUDGEMENT,
  type JudgeModels,
  type Judgement,
  type SoundJudge,
} from './core/judge/judgement.js';
import { SAMPLES_PER_MS } from './core/units.js';
import { judgeModelPaths } from './infra/judge-models.js';
import type { FromJudgeWorker, ToJudgeWorker } from './infra/judge-protocol.js';
import { SupervisedWorker } from './infra/supervised-worker.js';

export interface JudgeOptions extends JudgeModels {
  /** Folder of the models, with its manifest. */
  readonly folder: string;
}

/** Injection token of `JudgeOptions`. */
export const JUDGE_OPTIONS = Symbol('JUDGE_OPTIONS');

/** Sounds that may wait: beyond it a judgement would come too late for any. */
const MOST_WAITING = 64;

/** Loading a model and a run of it may take seconds on a machine that is overloaded: the thread does not hang for that (ms). */
const ASK_EVERY_MS = 3000;

export interface JudgeStats {
  readonly judged: number;
  /** Time (ms) the worker spent. */
  readonly runMs: number;
  readonly waiting: number;
  readonly workerFailures: number;
}

/**
 * Says of sounds whether whoever speaks has finished (Smart Turn), and whether there is speech in them (YAMNet); in a worker
 * thread, for all calls. A judgement is a help: where there is none, callers do without.
 */
@Injectable()
export class JudgeService implements OnModuleInit, OnModuleDestroy {
  readonly #options: JudgeOptions;
  readonly #guard: Guard;
  readonly #log = new Logger('JudgeService');
  readonly #jobs = new JobList(MOST_WAITING);
  #worker: SupervisedWorker<ToJudgeWorker, FromJudgeWorker> | null = null;
  #nextStream = 1;
  #judged = 0;
  #runMs = 0;
  #workerFailures = 0;

  constructor(@Inject(JUDGE_OPTIONS) options: JudgeOptions, @Optional() @Inject(ON_BUG) onBug?: OnBug) {
    this.#options = options;
    this.#guard = new Guard(onBug ?? ((where, error) => this.#log.error(`${where} met a bug`, error)));
  }

  /** What it tells. */
  get models(): JudgeModels {
    const { turnEnd, speech } = this.#options;
    return { turnEnd, speech };
  }

  /** Loads the models. @throws VisavisError `bad_model` */
  async onModuleInit(): Promise<void> {
    const { folder, turnEnd, speech } = this.#options;
    if (!turnEnd && !speech) return;
    const worker = new SupervisedWorker<ToJudgeWorker, FromJudgeWorker>({
      name: 'the judge of sounds:',
      entry: workerEntry('./infra/judge-worker', import.meta.url),
      data: await judgeModelPaths(folder, { turnEnd, speech }),
      askEveryMs: ASK_EVERY_MS,
      onResult: (message) => this.#onResult(message),
      onLost: (error, willRestart) => this.#onLost(error, willRestart),
      guard: this.#guard,
      where: 'vad.judge',
    });
    await worker.start();
    this.#worker = worker;
    const loaded = [turnEnd ? 'Smart Turn' : [], speech ? 'YAMNet' : []].flat();
    this.#log.log(`sounds are judged by ${loaded.join(' and ')}`);
  }

  async onModuleDestroy(): Promise<void> {
    this.#jobs.settleAll();
    await this.#worker?.close();
    this.#worker = null;
  }

  /** Of one microphone only the newest sound is judged. */
  open(): SoundJudge {
    const stream = this.#nextStream++;
    let closed = false;
    return {
      judge: (pcm, wanted) => (closed ? Promise.resolve(NO_JUDGEMENT) : this.#judge(stream, pcm, wanted)),
      close: () => {
        closed = true;
      },
    };
  }

  /** Threads that hang: the process cannot end by itself while there are. */
  get stuckThreads(): number {
    return this.#worker?.stuckThreads ?? 0;
  }

  stats(): JudgeStats {
    return {
      judged: this.#judged,
      runMs: this.#runMs,
      waiting: this.#jobs.size,
      workerFailures: this.#workerFailures,
    };
  }

  #judge(stream: number, pcm: Float32Array, wanted: JudgeModels): Promise<Judgement> {
    return new Promise((settle) => {
      const job = this.#jobs.add(stream, settle);
      if (!job) return;
      for (const id of job.void) this.#worker?.post({ t: 'void', id });
      const newest = pcm.slice(-MOST_JUDGED_MS * SAMPLES_PER_MS);
      const posted = this.#worker?.post({ t: 'judge', id: job.id, pcm: newest, wanted }, [newest.buffer]);
      if (!posted) this.#jobs.settle(job.id, NO_JUDGEMENT);
    });
  }

  #onResult(message: FromJudgeWorker): void {
    if (message.t !== 'judged') return;
    this.#judged += 1;
    this.#runMs += message.runMs;
    this.#jobs.settle(message.id, message.judgement);
  }

  #onLost(error: Error, willRestart: boolean): void {
    this.#workerFailures += 1;
    const then = willRestart ? 'restarting' : 'going on without';
    this.#log.error(`the worker that judges sounds died (${error.message}); ${then}`, error.stack);
    this.#jobs.settleAll();
    if (!willRestart) this.#worker = null;
  }
}
