import {
  Global,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Guard, ON_BUG, type OnBug } from '#modules/contracts';
import { ClientIce } from '../ice/ice-servers.js';
import { Access } from './access.js';
import { ClientSecretsController, MAX_CALL_MS } from './client-secrets.controller.js';

/** How often it is looked whose minutes are used up (ms). */
const TICK_MS = 1000;

/** Ends calls whose time is over. */
@Injectable()
export class AccessWatch implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(ON_BUG) private readonly onBug: OnBug,
  ) {}

  onModuleInit(): void {
    const guard = new Guard(this.onBug);
    this.timer = setInterval(
      guard.wrap('access_watch', () => this.access.tick()),
      TICK_MS,
    ).unref();
  }

  onModuleDestroy(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }
}

export interface KeysOptions {
  /** The modules that export the engine, whose model a session names, and the conversations. */
  readonly imports: DynamicModule[];
  /** How long a session lasts at the most. */
  readonly maxCallMs: number;
  /** What clients are told for their ICE. Default: no server. */
  readonly ice?: ClientIce;
}

/** Global: every door asks who may come in. */
@Global()
@Module({})
export class KeysModule {
  static forRoot(access: Access, { imports, maxCallMs, ice = ClientIce.none }: KeysOptions): DynamicModule {
    return {
      module: KeysModule,
      imports,
      controllers: [ClientSecretsController],
      providers: [
        { provide: Access, useValue: access },
        { provide: MAX_CALL_MS, useValue: maxCallMs },
        { provide: ClientIce, useValue: ice },
        AccessWatch,
      ],
      exports: [Access],
    };
  }
}
