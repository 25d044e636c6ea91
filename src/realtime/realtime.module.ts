import { Module, type DynamicModule } from '@nestjs/common';
import { monotonicClock } from '../clock.js';
import { CallsController } from './calls.controller.js';
import { CallsService } from './calls.service.js';
import { CLOCK, IDS, randomIds } from './tokens.js';

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
        { provide: CLOCK, useValue: monotonicClock },
        { provide: IDS, useValue: randomIds },
      ],
    };
  }
}
