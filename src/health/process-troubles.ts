import { Inject, Injectable } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { VadService } from '#modules/vad';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { Metrics } from '../telemetry/metrics.js';
import type { OpenCalls, ProcessFacts, Troubles } from './health.service.js';

/** What went wrong in this process since its start, at a glance: the metrics say it with its history. */
@Injectable()
export class ProcessTroubles implements ProcessFacts {
  constructor(
    @Inject(Lifecycle) private readonly lifecycle: Pick<Lifecycle, 'draining'>,
    @Inject(Metrics) private readonly metrics: Pick<Metrics, 'troubles' | 'calls'>,
    @Inject(DecoderService) private readonly engine: Pick<DecoderService, 'stats'>,
    @Inject(VadService) private readonly vad: Pick<VadService, 'stats'>,
  ) {}

  get draining(): boolean {
    return this.lifecycle.draining;
  }

  readonly calls = (): OpenCalls => this.metrics.calls;

  readonly troubles = (): Troubles => {
    const { died = 0, stuck = 0 } = this.engine.stats?.lost ?? {};
    const lost = { engine: died + stuck, vad: this.vad.stats().workerFailures };
    const workers = Object.fromEntries(Object.entries(lost).filter(([, count]) => count > 0));
    return { ...this.metrics.troubles(), workers_lost: workers };
  };
}
