import type { IdSource, RgbImage, VideoFrame, VideoSource } from '#modules/contracts';
import type { FrameOptions, FrameSize } from './options.js';
import { FramePipeline, type FrameOutcome } from './pipeline.js';

/** A view counts while it has shown something new within so many intervals. */
const LIVELY_INTERVALS = 4;

interface View {
  readonly pipeline: FramePipeline;
  /** Of its newest frame that was kept. */
  keptMs: number;
}

/**
 * The camera and the screen of one call, each paced and compared with itself. Together they give no more frames than one of them may: while
 * both show something new, each has half of them.
 */
export class FrameViews {
  readonly #views: Readonly<Record<VideoSource, View>>;
  #intervalMs: number;
  #size: FrameSize;
  #slowed = false;

  /** @param size of the segments' pictures: `EngineCaps.frameSize` */
  constructor(options: FrameOptions, size: FrameSize, ids: IdSource) {
    const view = (): View => ({ pipeline: new FramePipeline(options, size, ids), keptMs: -Infinity });
    this.#views = { camera: view(), screen: view() };
    this.#intervalMs = options.intervalMs;
    this.#size = size;
  }

  /** What both get together from the next frame on. @param intervalMs least time (ms) between two frames */
  share(intervalMs: number, size: FrameSize): void {
    this.#intervalMs = intervalMs;
    this.#size = size;
    this.#spread();
  }

  offer(frame: VideoFrame): FrameOutcome {
    const { camera, screen } = this.#views;
    const lively = ({ keptMs }: View) => Math.abs(frame.ptsMs - keptMs) < LIVELY_INTERVALS * this.#intervalMs;
    const slowed = lively(camera) && lively(screen);
    if (slowed !== this.#slowed) {
      this.#slowed = slowed;
      this.#spread();
    }
    const own = this.#views[frame.source];
    const outcome = own.pipeline.offer(frame);
    if (outcome.kind === 'segment') own.keptMs = frame.ptsMs;
    return outcome;
  }

  /** What was kept is not, or no longer, in the context. @param source of this one; left out: of both */
  forget(source?: VideoSource): void {
    if (source !== 'screen') this.#views.camera.pipeline.forget();
    if (source !== 'camera') this.#views.screen.pipeline.forget();
  }

  /** A single picture in the size that the engine takes. @throws VisavisError `bad_image` */
  fit(image: RgbImage): RgbImage {
    return this.#views.camera.pipeline.fit(image);
  }

  #spread(): void {
    const intervalMs = this.#slowed ? 2 * this.#intervalMs : this.#intervalMs;
    this.#views.camera.pipeline.share(intervalMs, this.#size);
    this.#views.screen.pipeline.share(intervalMs, this.#size);
  }
}
