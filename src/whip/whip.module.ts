import { Module, type DynamicModule } from '@nestjs/common';
import { Publications } from './publications.js';
import { WhipController } from './whip.controller.js';

@Module({})
export class WhipModule {
  /** @param realtime the module of the calls, as the application configured it, with what clients are told for their ICE */
  static forRoot(realtime: DynamicModule): DynamicModule {
    return {
      module: WhipModule,
      imports: [realtime],
      controllers: [WhipController],
      providers: [Publications],
    };
  }
}
