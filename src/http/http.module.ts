import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Ids } from '../realtime/ids.js';
import { Base } from './place.js';

/** Global: every door says where what it made is to be found, and by which id. */
@Global()
@Module({})
export class HttpModule {
  static forRoot(base: Base, ids = new Ids()): DynamicModule {
    return {
      module: HttpModule,
      providers: [
        { provide: Base, useValue: base },
        { provide: Ids, useValue: ids },
      ],
      exports: [Base, Ids],
    };
  }
}
