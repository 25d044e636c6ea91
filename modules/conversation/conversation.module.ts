import { Module, type DynamicModule } from '@nestjs/common';
import type { IdSource } from '#modules/contracts';
import { ENGINE } from '#modules/decoder';
import { FrameModule, FrameService } from '#modules/frame';
import { VadService } from '#modules/vad';
import { FrameAdapter } from './adapters/frame.adapter.js';
import { VadAdapter } from './adapters/vad.adapter.js';
import { ConversationService } from './conversation.service.js';
import type { ConversationSettings } from './core/config.js';
import { RandomIds } from './infra/random-ids.js';
import { SystemScheduler } from './infra/system-scheduler.js';
import {
  CONVERSATION_ENGINE,
  CONVERSATION_IDS,
  CONVERSATION_OPTIONS,
  FRAME_PORT,
  SCHEDULER,
  VAD_PORT,
} from './tokens.js';

export interface ConversationModuleOptions extends Partial<ConversationSettings> {
  /** The configured modules of decoder and vad: the very objects that the application imports, for Nest tells them apart. */
  readonly imports: readonly DynamicModule[];
  /** Least time (ms) between two frames of a camera. */
  readonly frameIntervalMs: number;
}

@Module({})
export class ConversationModule {
  static forRoot({ imports, frameIntervalMs, ...settings }: ConversationModuleOptions): DynamicModule {
    return {
      module: ConversationModule,
      imports: [...imports, FrameModule.forRoot({ intervalMs: frameIntervalMs })],
      providers: [
        { provide: CONVERSATION_OPTIONS, useValue: settings },
        { provide: CONVERSATION_ENGINE, useExisting: ENGINE },
        { provide: CONVERSATION_IDS, useClass: RandomIds },
        { provide: SCHEDULER, useClass: SystemScheduler },
        { provide: VAD_PORT, useFactory: (vad: VadService) => new VadAdapter(vad), inject: [VadService] },
        {
          provide: FRAME_PORT,
          useFactory: (frames: FrameService, ids: IdSource) => new FrameAdapter(frames, ids),
          inject: [FrameService, CONVERSATION_IDS],
        },
        ConversationService,
      ],
      exports: [ConversationService],
    };
  }
}
