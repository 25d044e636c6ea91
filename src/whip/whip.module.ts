import { Module, type DynamicModule } from '@nestjs/common';
import type { IceServer } from './core/links.js';
import { Publications } from './publications.js';
import { ICE_SERVERS, WhipController } from './whip.controller.js';

@Module({})
export class WhipModule {
  /** @param realtime the module of the calls, as the application configured it */
  static forRoot(realtime: DynamicModule, iceServers: readonly IceServer[]): DynamicModule {
    return {
      module: WhipModule,
      imports: [realtime],
      controllers: [WhipController],
      providers: [Publications, { provide: ICE_SERVERS, useValue: iceServers }],
    };
  }
}
