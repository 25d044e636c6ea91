import { Module, type DynamicModule } from '@nestjs/common';
import { Connections } from './connections.js';
import { RTVI_ICE_SERVERS, RtviController } from './rtvi.controller.js';

@Module({})
export class RtviModule {
  /**
   * @param realtime the module of the calls, as the application configured it
   * @param iceServers what clients that ask for it are told, in the form of WebRTC's `RTCIceServer`
   */
  static forRoot(realtime: DynamicModule, iceServers: readonly object[]): DynamicModule {
    return {
      module: RtviModule,
      imports: [realtime],
      controllers: [RtviController],
      providers: [Connections, { provide: RTVI_ICE_SERVERS, useValue: iceServers }],
    };
  }
}
