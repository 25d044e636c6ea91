import { Module, type DynamicModule } from '@nestjs/common';
import type { FrameOptions } from './core/options.js';
import { FRAME_OPTIONS, FrameService } from './frame.service.js';

@Module({})
export class FrameModule {
  static forRoot(options: FrameOptions): DynamicModule {
    return {
      module: FrameModule,
      providers: [{ provide: FRAME_OPTIONS, useValue: options }, FrameService],
      exports: [FrameService],
    };
  }
}
