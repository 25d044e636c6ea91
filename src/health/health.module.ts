import { Module, type DynamicModule } from '@nestjs/common';
import { ENGINE } from '#modules/decoder';
import { MediaService } from '#modules/media';
import { VadService } from '#modules/vad';
import type { OmniEngine } from '#modules/contracts';
import { monotonicClock } from '../clock.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { engineProbe, vadProbe, videoProbe } from './probes.js';

@Module({})
export class HealthModule {
  /** @param features the modules that must work for a call to be taken */
  static forRoot(features: DynamicModule[]): DynamicModule {
    return {
      module: HealthModule,
      imports: features,
      controllers: [HealthController],
      providers: [
        {
          provide: HealthService,
          inject: [ENGINE, VadService, MediaService, Lifecycle],
          useFactory: (engine: OmniEngine, vad: VadService, media: MediaService, lifecycle: Lifecycle) =>
            new HealthService(
              { engine: engineProbe(engine), vad: vadProbe(vad), video: videoProbe(media) },
              monotonicClock,
              lifecycle,
            ),
        },
      ],
    };
  }
}
