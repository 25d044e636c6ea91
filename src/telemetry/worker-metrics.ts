import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { DecoderService, type EngineStats } from '#modules/decoder';
import { MediaService } from '#modules/media';
import { VadService } from '#modules/vad';
import { JudgeMetrics } from './judge-metrics.js';
import { Metrics } from './metrics.js';
import { RemoteMetrics } from './remote-metrics.js';

const one = (value: number): ReadonlyMap<string, number> => new Map([['', value]]);

/** What the workers' owners count, among the gateway's metrics. */
@Injectable()
export class WorkerMetrics {
  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(DecoderService) engine: Pick<DecoderService, 'stats'>,
    @Inject(VadService) vad: Pick<VadService, 'stats' | 'stuckThreads'>,
    @Inject(MediaService) media: Pick<MediaService, 'stats'>,
  ) {
    const ofEngine = (read: (stats: EngineStats) => number) => () =>
      one(engine.stats ? read(engine.stats) : 0);
    metrics.observe(
      { name: 'visavis_engine_workers_up', help: 'Engine workers that take sessions now.' },
      ofEngine((stats) => stats.workersUp),
    );
    metrics.observe(
      { name: 'visavis_engine_workers_stuck', help: 'Threads that were given up and have not ended.' },
      ofEngine((stats) => stats.workersStuck),
    );
    metrics.observe(
      {
        name: 'visavis_engine_workers_lost_total',
        help: 'Engine workers lost since the start, by cause.',
        label: 'cause',
      },
      () => new Map(Object.entries(engine.stats?.lost ?? {})),
    );
    metrics.observe(
      {
        name: 'visavis_engine_sessions_rebuilt_total',
        help: 'Sessions rebuilt from their logs after the loss of their worker.',
      },
      ofEngine((stats) => stats.sessionsRebuilt),
    );
    metrics.observe(
      { name: 'visavis_engine_sessions_given_up_total', help: 'Sessions that could not be rebuilt.' },
      ofEngine((stats) => stats.sessionsGivenUp),
    );
    metrics.observe(
      {
        name: 'visavis_vad_dropped_milliseconds_total',
        help: 'Audio not scored, by reason.',
        label: 'reason',
      },
      () => vad.stats().droppedMs,
    );
    metrics.observe({ name: 'visavis_vad_windows_total', help: 'Windows of audio scored.' }, () =>
      one(vad.stats().windows),
    );
    metrics.observe({ name: 'visavis_vad_runs_total', help: 'Runs of the voice activity model.' }, () =>
      one(vad.stats().runs),
    );
    metrics.observe(
      { name: 'visavis_vad_workers_stuck', help: 'VAD threads that hang and were given up.' },
      () => one(vad.stuckThreads),
    );
    metrics.observe(
      { name: 'visavis_vad_workers_lost_total', help: 'VAD workers lost since the start.' },
      () => one(vad.stats().workerFailures),
    );
    metrics.observe(
      {
        name: 'visavis_video_decoders_lost_total',
        help: 'Decoder processes of pictures that ended unasked, hung or did not start, since the start.',
      },
      () => one(media.stats().decodersEnded),
    );
    metrics.observe(
      {
        name: 'visavis_video_decoder_up',
        help: '1 while pictures can be decoded; 0: lost for good.',
        across: 'min',
      },
      () => one(media.stats().decoderLost ? 0 : 1),
    );
    metrics.observe(
      {
        name: 'visavis_ice_port_strays_total',
        help: 'Datagrams at the one port of all calls that belong to no call, by reason.',
        label: 'reason',
      },
      () => media.stats().strays,
    );
  }
}

@Module({})
export class WorkerMetricsModule {
  /** @param features the modules of engine, VAD and media, as the application configured them */
  static forRoot(features: DynamicModule[]): DynamicModule {
    return {
      module: WorkerMetricsModule,
      imports: features,
      providers: [WorkerMetrics, RemoteMetrics, JudgeMetrics],
    };
  }
}
