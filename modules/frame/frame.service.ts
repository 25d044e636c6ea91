import { Inject, Injectable } from '@nestjs/common';
import type { IdSource } from '#modules/contracts';
import type { FrameOptions, FrameSize } from './core/options.js';
import { FramePipeline } from './core/pipeline.js';

/** Injection token of `FrameOptions`. */
export const FRAME_OPTIONS = Symbol('FRAME_OPTIONS');

@Injectable()
export class FrameService {
  readonly #options: FrameOptions;

  constructor(@Inject(FRAME_OPTIONS) options: FrameOptions) {
    this.#options = options;
  }

  /**
   * A pipeline for one camera.
   * @param size of the pictures that the engine takes: `EngineCaps.frameSize`
   */
  open(size: FrameSize, ids: IdSource): FramePipeline {
    return new FramePipeline(this.#options, size, ids);
  }
}
