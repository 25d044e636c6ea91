import { Module, type DynamicModule } from '@nestjs/common';
import type { VadOptions } from './core/options.js';
import { VAD_OPTIONS, VadService } from './vad.service.js';

@Module({})
export class VadModule {
  static forRoot(options: VadOptions): DynamicModule {
    return {
      module: VadModule,
      providers: [{ provide: VAD_OPTIONS, useValue: options }, VadService],
      exports: [VadService],
    };
  }
}
