import { Module, type DynamicModule } from '@nestjs/common';
import { DECODER_OPTIONS, DecoderService, type EngineOptions } from './decoder.service.js';

/** Injection token of the engine, as an `OmniEngine`: what users should ask for, so that another engine can take its place. */
export const ENGINE = Symbol('ENGINE');

@Module({})
export class DecoderModule {
  static forRoot(options: EngineOptions): DynamicModule {
    return {
      module: DecoderModule,
      providers: [
        { provide: DECODER_OPTIONS, useValue: options },
        DecoderService,
        { provide: ENGINE, useExisting: DecoderService },
      ],
      exports: [DecoderService, ENGINE],
    };
  }
}
