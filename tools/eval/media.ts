import { readOggOpus } from '@vis-a-vis/client/node';
import { createDecoder } from 'libopus-wasm';
import { SAMPLE_RATE, type EngineCaps, type RgbImage } from '#modules/contracts';
import { FramePipeline } from '#modules/frame';
import { MediaService } from '#modules/media';
import type { TestQuestion, TestSet } from './test-set.js';

/** A question as the engine is given it. */
export interface Material {
  /** In the engine's frame size. */
  readonly frames: readonly RgbImage[];
  /** 16 kHz mono. */
  readonly speech: Float32Array;
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

  async read(question: TestQuestion): Promise<Material> {
    const files = this.#set.pictures(question);
    const pictures = await Promise.all(files.map((file) => this.#media.decodeImage(file, 'image/jpeg')));
    return {
      frames: pictures.map((picture) => this.#pipeline.fit(picture)),
      speech: await decodeOggOpus(this.#set.speech(question)),
    };
  }

  close(): Promise<void> {
    return this.#media.onModuleDestroy();
  }
}

/** @returns 16 kHz mono */
export async function decodeOggOpus(file: Buffer): Promise<Float32Array> {
  const { packets } = await readOggOpus(file);
  const decoder = await createDecoder({ sampleRate: SAMPLE_RATE, channels: 1 });
  try {
    const parts = packets.map((packet) => decoder.decodeFloat(packet));
    const pcm = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      pcm.set(part, at);
      at += part.length;
    }
    return pcm;
  } finally {
    decoder.free();
  }
}
