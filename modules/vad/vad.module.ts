import { Module, type DynamicModule } from '@nestjs/common';
import type { VadOptions } from './core/options.js';
import { JUDGE_OPTIONS, JudgeService, type JudgeOptions } from './judge.service.js';
import { VAD_OPTIONS, VadService } from './vad.service.js';

export interface VadModuleOptions extends VadOptions {
  /** Default: sounds are not judged. */
  readonly judge?: JudgeOptions;
}

const NO_JUDGE: JudgeOptions = { folder: '', turnEnd: false, speech: false };

@Module({})
export class VadModule {
  static forRoot({ judge, ...options }: VadModuleOptions): DynamicModule {
    return {
      module: VadModule,
      providers: [
        { provide: VAD_OPTIONS, useValue: options },
        { provide: JUDGE_OPTIONS, useValue: judge ?? NO_JUDGE },
        VadService,
        JudgeService,
      ],
      exports: [VadService, JudgeService],
    };
  }
}
