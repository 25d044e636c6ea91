import { Global, Module } from '@nestjs/common';
import { Lifecycle } from './lifecycle.js';

/** Global: health tells it, and calls obey it. */
@Global()
@Module({ providers: [Lifecycle], exports: [Lifecycle] })
export class LifecycleModule {}
