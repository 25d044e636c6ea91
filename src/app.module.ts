import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ConversationModule } from '#modules/conversation';
import { DecoderModule } from '#modules/decoder';
import { MediaModule } from '#modules/media';
import { VadModule } from '#modules/vad';
import type { Config } from './config/config.js';
import { HealthModule } from './health/health.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { HttpErrorsFilter } from './realtime/http-errors.filter.js';
import { ACCESS, openAccess } from './realtime/access.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import type { Logger } from './telemetry/logger.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { WorkerMetricsModule } from './telemetry/worker-metrics.js';

/** The gateway: the feature modules, each with its part of the settings, and the edge over them. */
@Module({})
export class AppModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    const media = MediaModule.forRoot({
      frameIntervalMs: config.frameIntervalMs,
      ...(config.iceHosts.length > 0 && { iceHosts: config.iceHosts }),
      ...(config.icePortRange && { icePortRange: config.icePortRange }),
    });
    const decoder = DecoderModule.forRoot({
      modelFolder: config.modelFolder,
      workers: config.engineWorkers,
      stallMs: config.engineStallMs,
    });
    const vad = VadModule.forRoot({ model: config.vadModel });
    const conversation = ConversationModule.forRoot({
      imports: [decoder, vad],
      frameIntervalMs: config.frameIntervalMs,
      maxFrames: config.maxFrames,
      tentativePauseMs: config.tentativePauseMs,
    });
    return {
      module: AppModule,
      imports: [
        TelemetryModule.forRoot(logger),
        LifecycleModule,
        WorkerMetricsModule.forRoot([decoder, vad, media]),
        HealthModule.forRoot([decoder, vad, media]),
        RealtimeModule.forRoot({
          imports: [media, decoder, conversation],
          access: { provide: ACCESS, useValue: openAccess },
          limits: { maxCallMs: config.maxCallMs, audioAheadMs: config.audioAheadMs },
        }),
      ],
      providers: [{ provide: APP_FILTER, useClass: HttpErrorsFilter }],
    };
  }
}
