import { readOggOpus } from '@vis-a-vis/client/node';
import type { SampleRate } from 'libopus-wasm';
import { SAMPLE_RATE, type EngineCaps, type RgbImage } from '#modules/contracts';
import { FramePipeline } from '#modules/frame';
import { MediaService } from '#modules/media';
import { decodeClip } from '../support/decode-clip.js';
import { turnsOf, type TestQuestion, type TestSet } from './test-set.js';

/** One turn as the engine is given it. */
export interface TurnMaterial {
  /** In the engine's frame size. */
  readonly frames: readonly RgbImage[];
  /** 16 kHz mono; null: nothing is said. */
  readonly speech: Float32Array | null;
}

/** Makes pixels and samples of a test set's files, by the gateway's own decoders. */
export class MaterialReader {
  readonly #set: TestSet;
  readonly #media = new MediaService({});
  readonly #pipeline: FramePipeline;

  constructor(set: TestSet, caps: EngineCaps) {
    this.#set = set;
    // Only `fit` is used, which neither paces nor numbers its frames.
    this.#pipeline = new FramePipeline({ intervalMs: 0 }, caps.frameSize, { next: (prefix) => prefix });
  }

  /** All turns of a question's conversation. */
  read(question: TestQuestion): Promise<TurnMaterial[]> {
    return Promise.all(
      turnsOf(question).map(async (turn) => {
        const files = this.#set.pictures(turn);
        const pictures = await Promise.all(files.map((file) => this.#media.decodeImage(file, 'image/jpeg')));
        return {
          frames: pictures.map((picture) => this.#pipeline.fit(picture)),
          speech: await decodeOggOpus(this.#set.speech(turn)),
        };
      }),
    );
  }

  close(): Promise<void> {
    return this.#media.onModuleDestroy();
  }
}

/** @returns mono, 16 kHz if nothing else is said */
export async function decodeOggOpus(
  file: Buffer,
  sampleRate: SampleRate = SAMPLE_RATE,
): Promise<Float32Array> {
  return decodeClip(await readOggOpus(file), sampleRate);
}
