import {
  VisavisError,
  type IdSource,
  type RgbImage,
  type Segment,
  type VideoFrame,
} from '#modules/contracts';
import { DEFAULT_DUPLICATE_LIMITS, DuplicateDetector } from './duplicate.js';
import type { FrameOptions, FrameSize } from './options.js';
import { FramePacer } from './pacer.js';
import { Resizer } from './resize.js';

export type FrameSegment = Extract<Segment, { k: 'frame' }>;

/**
 * Why a frame was not kept:
 * - `paced`: it came before the interval since the last one was over.
 * - `duplicate`: it shows nothing that the last kept frame did not.
 * - `bad_size`: its sides are out of bounds, or its data does not fill them.
 */
export type FrameDropReason = 'paced' | 'duplicate' | 'bad_size';

export type FrameOutcome =
  | { readonly kind: 'segment'; readonly segment: FrameSegment }
  | { readonly kind: 'drop'; readonly reason: FrameDropReason };

const MIN_SIDE = 16;
const MAX_SIDE = 8192;

/** Makes segments of one video's frames: paced, without near-duplicates, in the size that the engine takes. */
export class FramePipeline {
  readonly #options: FrameOptions;
  readonly #ids: IdSource;
  readonly #fitter: Resizer;
  readonly #pacer: FramePacer;
  readonly #duplicates: DuplicateDetector;
  #resizer: Resizer;
  #keptMs = -Infinity;

  /** @param size of the segments' pictures: `EngineCaps.frameSize` */
  constructor(options: FrameOptions, size: FrameSize, ids: IdSource) {
    this.#options = options;
    this.#ids = ids;
    this.#fitter = new Resizer(size);
    this.#resizer = this.#fitter;
    this.#pacer = new FramePacer(options.intervalMs);
    this.#duplicates = new DuplicateDetector({
      ...DEFAULT_DUPLICATE_LIMITS,
      ...(options.duplicateThreshold !== undefined && { local: options.duplicateThreshold }),
    });
  }

  /** What it gets from its next frame on. @param intervalMs least time (ms) between two frames */
  share(intervalMs: number, size: FrameSize): void {
    this.#pacer.changeInterval(intervalMs);
    this.#resizer = new Resizer(size);
  }

  /** The next frame. */
  offer({ source, image, ptsMs }: VideoFrame): FrameOutcome {
    if (!isWellFormed(image)) return { kind: 'drop', reason: 'bad_size' };
    if (!this.#pacer.take(ptsMs)) return { kind: 'drop', reason: 'paced' };
    const fitted = this.#resizer.resize(image);
    const overdue = ptsMs - this.#keptMs >= (this.#options.maxDuplicateRunMs ?? Infinity);
    if (!this.#duplicates.check(fitted, overdue)) return { kind: 'drop', reason: 'duplicate' };
    this.#keptMs = ptsMs;
    const id = this.#ids.next('frame');
    return { kind: 'segment', segment: { k: 'frame', id, ptsMs, image: fitted, source } };
  }

  /** What was kept is not, or no longer, in the context: the next frame is no duplicate of it. */
  forget(): void {
    this.#duplicates.forget();
  }

  /**
   * A single picture (an `input_image`) in the size that the engine takes: neither paced nor compared.
   * @throws VisavisError `bad_image` where the camera's frame would be `bad_size`
   */
  fit(image: RgbImage): RgbImage {
    if (!isWellFormed(image)) {
      throw new VisavisError('bad_image', `a picture of ${image.width}x${image.height} cannot be used`);
    }
    return this.#fitter.resize(image);
  }
}

function isWellFormed({ width, height, data }: RgbImage): boolean {
  const inBounds = (side: number) => Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE;
  return inBounds(width) && inBounds(height) && data.length === width * height * 3;
}
