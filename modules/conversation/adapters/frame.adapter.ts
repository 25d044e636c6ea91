import type { IdSource } from '#modules/contracts';
import type { FrameService } from '#modules/frame';
import type { FrameHandle, FramePort } from '../core/ports.js';

/** The frame module's pipelines. */
export class FrameAdapter implements FramePort {
  readonly #frames: Pick<FrameService, 'open'>;
  readonly #ids: IdSource;

  constructor(frames: Pick<FrameService, 'open'>, ids: IdSource) {
    this.#frames = frames;
    this.#ids = ids;
  }

  open(size: { readonly width: number; readonly height: number }): FrameHandle {
    const views = this.#frames.open(size, this.#ids);
    return {
      push: (frame) => {
        const outcome = views.offer(frame);
        return outcome.kind === 'segment'
          ? { kept: true, segment: outcome.segment }
          : { kept: false, reason: outcome.reason };
      },
      share: (intervalMs, size) => views.share(intervalMs, size),
      forget: (source) => views.forget(source),
      fit: (image) => views.fit(image),
    };
  }
}
