import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Base } from './place.js';

/** Global: every door says where what it made is to be found. */
@Global()
@Module({})
export class HttpModule {
  static forRoot(base: Base): DynamicModule {
    return { module: HttpModule, providers: [{ provide: Base, useValue: base }], exports: [Base] };
  }
}
