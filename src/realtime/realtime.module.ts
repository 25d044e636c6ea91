import { Module, type DynamicModule } from '@nestjs/common';
import { monotonicClock } from '../clock.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { CallsController } from './calls.controller.js';
import { CALL_ENVIRONMENT, CallsService, type CallsEnvironment } from './calls.service.js';
import { randomIds } from './ids.js';

/** OpenAI Realtime over WebRTC. */
@Module({})
export class RealtimeModule {
  /** @param features the modules of media, engine and conversation, as the application configured them */
  static forRoot(features: DynamicModule[]): DynamicModule {
    return {
      module: RealtimeModule,
      imports: features,
      controllers: [CallsController],
      providers: [
        CallsService,
        {
          provide: CALL_ENVIRONMENT,
          inject: [Metrics, LOGGER, Lifecycle],
          useFactory: (metrics: Metrics, logger: Logger, lifecycle: Lifecycle): CallsEnvironment => ({
            clock: monotonicClock,
            ids: randomIds,
            metrics,
            logger,
            lifecycle,
          }),
        },
      ],
    };
  }
}
