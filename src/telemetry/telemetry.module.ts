import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ON_BUG, type OnBug } from '#modules/contracts';
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
      providers: [
        Metrics,
        { provide: LOGGER, useValue: logger },
        {
          provide: ON_BUG,
          inject: [Metrics],
          useFactory:
            (metrics: Metrics): OnBug =>
            (where, error) => {
              metrics.guarded(where);
              logger.error({ where, err: error }, 'a part of the gateway met a bug');
            },
        },
      ],
      exports: [Metrics, LOGGER, ON_BUG],
    };
  }
}
