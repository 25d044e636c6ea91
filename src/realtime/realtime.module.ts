import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ClientIce } from '../ice/ice-servers.js';
import { IceServersController } from '../ice/ice-servers.controller.js';
import { monotonicClock } from '../clock.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { Captures } from '../capture/captures.js';
import type { Tracing } from '../telemetry/tracing/tracing.js';
import { ACCESS } from './access.js';
import type { BudgetLimits } from './core/admission/limits.js';
import { CallsController } from './calls.controller.js';
import { CALL_ENVIRONMENT, type CallLimits, type CallsEnvironment } from './calls-environment.js';
import { CallsService } from './calls.service.js';
import { Ids } from './ids.js';
import { OffersService } from './offers.service.js';
import { WebSocketDoor } from './websocket/websocket.door.js';

export interface RealtimeOptions {
  /** The modules of media, engine and conversation, as the application configured them, and what `access` needs. */
  readonly imports: DynamicModule[];
  /** Provides `ACCESS`. */
  readonly access: Provider;
  /** What is left out has its default. */
  readonly limits?: Partial<CallLimits>;
  /** Of all calls together; what is left out has its default. */
  readonly budgets?: Partial<BudgetLimits>;
  /** What clients are told for their ICE. Default: no server. */
  readonly ice?: ClientIce;
  /** Default: no traces. */
  readonly tracing?: Tracing;
}

/** OpenAI Realtime over WebRTC and WebSocket, and the calls that other doors open. */
@Module({})
export class RealtimeModule {
  static forRoot(options: RealtimeOptions): DynamicModule {
    const { imports, access, limits = {}, budgets = {}, ice = ClientIce.none, tracing } = options;
    return {
      module: RealtimeModule,
      imports,
      controllers: [CallsController, IceServersController],
      exports: [CallsService, OffersService, ACCESS, ClientIce],
      providers: [
        CallsService,
        OffersService,
        WebSocketDoor,
        access,
        { provide: ClientIce, useValue: ice },
        {
          provide: CALL_ENVIRONMENT,
          inject: [Metrics, LOGGER, Lifecycle, Ids, { token: Captures, optional: true }],
          useFactory: (
            ...[metrics, logger, lifecycle, ids, tapes]: [Metrics, Logger, Lifecycle, Ids, Captures?]
          ): CallsEnvironment => ({
            clock: monotonicClock,
            ids,
            metrics,
            logger,
            lifecycle,
            limits,
            budgets,
            ice,
            tapes,
            ...(tracing && { tracing }),
          }),
        },
      ],
    };
  }
}
