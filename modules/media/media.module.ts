import { Module, type DynamicModule } from '@nestjs/common';

import type { MediaOptions } from './core/options.js';
import { MEDIA_OPTIONS, MediaService } from './media.service.js';

@Module({})
export class MediaModule {
  static forRoot(options: MediaOptions): DynamicModule {
    return {
      module: MediaModule,
      providers: [{ provide: MEDIA_OPTIONS, useValue: options }, MediaService],
      exports: [MediaService],
    };
  }
}
