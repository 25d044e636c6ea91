import { Module, type DynamicModule } from '@nestjs/common';
import { DecoderService } from '#modules/decoder';
import { MediaService } from '#modules/media';
import { VadService } from '#modules/vad';
import { monotonicClock } from '../clock.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { engineProbe, vadProbe, videoProbe } from './probes.js';
import { ProcessTroubles } from './process-troubles.js';

@Module({})
export class HealthModule {
  /** @param features the modules that must work for a call to be taken */
  static forRoot(features: DynamicModule[]): DynamicModule {
    return {
      module: HealthModule,
      imports: features,
      controllers: [HealthController],
      providers: [
        ProcessTroubles,
        {
          provide: HealthService,
          inject: [DecoderService, VadService, MediaService, ProcessTroubles],
          useFactory: (
            engine: DecoderService,
            vad: VadService,
            media: MediaService,
            process: ProcessTroubles,
          ) =>
            new HealthService(
              { engine: engineProbe(engine), vad: vadProbe(vad), video: videoProbe(media) },
              monotonicClock,
              process,
            ),
        },
      ],
    };
  }
}
