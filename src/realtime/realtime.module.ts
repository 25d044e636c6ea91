import { Module } from '@nestjs/common';
import { CallsController } from './calls.controller.js';
import { CallsService } from './calls.service.js';
import { CLOCK, IDS, monotonicClock, randomIds } from './tokens.js';

/** OpenAI Realtime over WebRTC. The feature modules it stands on are global to the application. */
@Module({
  controllers: [CallsController],
  providers: [
    CallsService,
    { provide: CLOCK, useValue: monotonicClock },
    { provide: IDS, useValue: randomIds },
  ],
})
export class RealtimeModule {}
