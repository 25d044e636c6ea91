import { Global, Module, type DynamicModule } from '@nestjs/common';
import { LOGGER, type Logger } from './logger.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

/** Global: every part of the edge counts and logs. */
@Global()
@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      controllers: [MetricsController],
      providers: [Metrics, { provide: LOGGER, useValue: logger }],
      exports: [Metrics, LOGGER],
    };
  }
}
