import { Inject, Injectable } from '@nestjs/common';
import type { IdSource } from '#modules/contracts';
import type { FrameOptions, FrameSize } from './core/options.js';
import { FrameViews } from './core/views.js';

/** Injection token of `FrameOptions`. */
export const FRAME_OPTIONS = Symbol('FRAME_OPTIONS');

@Injectable()
export class FrameService {
  readonly #options: FrameOptions;

  constructor(@Inject(FRAME_OPTIONS) options: FrameOptions) {
    this.#options = options;
  }

  /**
   * Pipelines for the camera and the screen of one call.
   * @param size of the pictures that the engine takes: `EngineCaps.frameSize`
   */
  open(size: FrameSize, ids: IdSource): FrameViews {
    return new FrameViews(this.#options, size, ids);
  }
}
