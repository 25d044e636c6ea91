import { Module, type DynamicModule } from '@nestjs/common';
import type { OmniEngine } from '#modules/contracts';
import { ENGINE } from '#modules/decoder';
import { FrameModule, FrameService } from '#modules/frame';
import { JudgeService, VadService } from '#modules/vad';
import { conversationPorts } from './conversation-ports.js';
import { ConversationService, type ConversationPorts } from './conversation.service.js';
import type { ConversationSettings } from './core/config.js';
import { RandomIds } from './infra/random-ids.js';
import { SystemScheduler } from './infra/system-scheduler.js';
import { CONVERSATION_PORTS, CONVERSATION_SETTINGS } from './tokens.js';

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
        { provide: CONVERSATION_SETTINGS, useValue: settings },
        {
          provide: CONVERSATION_PORTS,
          useFactory: bindPorts,
          inject: [ENGINE, VadService, FrameService, JudgeService],
        },
        ConversationService,
      ],
      exports: [ConversationService],
    };
  }
}

function bindPorts(
  engine: OmniEngine,
  vad: VadService,
  frames: FrameService,
  judge: JudgeService,
): ConversationPorts {
  const [ids, scheduler] = [new RandomIds(), new SystemScheduler()];
  return conversationPorts({ engine, vad, frames, judge, scheduler, ids });
}
