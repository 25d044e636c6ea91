import { Global, Module, type DynamicModule } from '@nestjs/common';
import { monotonicClock } from '../clock.js';
import { CAPTURE_OPTIONS, Captures, type CaptureOptions } from './captures.js';

/** Global: whoever opens calls may find that they are recorded. */
@Global()
@Module({})
export class CaptureModule {
  static forRoot(options: Omit<CaptureOptions, 'clock'>): DynamicModule {
    return {
      module: CaptureModule,
      providers: [
        Captures,
        {
          provide: CAPTURE_OPTIONS,
          useValue: { clock: monotonicClock, ...options } satisfies CaptureOptions,
        },
      ],
      exports: [Captures],
    };
  }
}
