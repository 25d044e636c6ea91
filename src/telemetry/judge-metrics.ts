import { Inject, Injectable } from '@nestjs/common';
import { JudgeService } from '#modules/vad';
import { Metrics } from './metrics.js';

const one = (value: number): ReadonlyMap<string, number> => new Map([['', value]]);

/** What the judge of sounds counts, among the gateway's metrics. */
@Injectable()
export class JudgeMetrics {
  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(JudgeService) judge: Pick<JudgeService, 'stats' | 'stuckThreads'>,
  ) {
    metrics.observe(
      { name: 'visavis_judge_sounds_total', help: 'Sounds judged: is the turn over, is it speech.' },
      () => one(judge.stats().judged),
    );
    metrics.observe(
      { name: 'visavis_judge_seconds_total', help: 'Time that the judge of sounds has spent on them.' },
      () => one(judge.stats().runMs / 1000),
    );
    metrics.observe({ name: 'visavis_judge_waiting', help: 'Sounds that wait to be judged.' }, () =>
      one(judge.stats().waiting),
    );
    metrics.observe(
      { name: 'visavis_judge_workers_stuck', help: 'Judge threads that hang and were given up.' },
      () => one(judge.stuckThreads),
    );
    metrics.observe(
      { name: 'visavis_judge_workers_lost_total', help: 'Judge workers lost since the start.' },
      () => one(judge.stats().workerFailures),
    );
  }
}
