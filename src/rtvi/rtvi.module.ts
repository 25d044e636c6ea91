import { Module, type DynamicModule } from '@nestjs/common';
import { Connections } from './connections.js';
import { RtviController } from './rtvi.controller.js';

@Module({})
export class RtviModule {
  /** @param realtime the module of the calls, as the application configured it, with what clients are told for their ICE */
  static forRoot(realtime: DynamicModule): DynamicModule {
    return {
      module: RtviModule,
      imports: [realtime],
      controllers: [RtviController],
      providers: [Connections],
    };
  }
}
