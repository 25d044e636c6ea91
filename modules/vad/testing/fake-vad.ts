import { MODEL_SHAPES } from '../core/model-port.js';
import { WindowedStream, type Vad, type VadHandlers, type VadStream } from '../core/stream.js';

/** The probability of the n-th window (from 0) of the s-th stream opened (from 0). */
export type VadScript = (window: number, stream: number, pcm: Float32Array) => number;

/**
 * A `Vad` that cuts windows as the real one does and takes their probabilities from a script, without a model or a thread.
 * Results come asynchronously, as the real ones do, but within the same turn of the event loop.
 */
export class FakeVad implements Vad {
  readonly #script: VadScript;
  readonly #maxQueuedMs: number;
  readonly #streams: WindowedStream[] = [];
  #opened = 0;

  constructor(script: VadScript, maxQueuedMs = Number.MAX_SAFE_INTEGER) {
    this.#script = script;
    this.#maxQueuedMs = maxQueuedMs;
  }

  open(handlers: VadHandlers): VadStream {
    const stream = this.#opened++;
    let windows = 0;
    const { windowSamples } = MODEL_SHAPES.v6;
    const windowed: WindowedStream = new WindowedStream(
      { windowSamples, maxQueuedMs: this.#maxQueuedMs },
      handlers,
      {
        submit: (pcm) => {
          const p = this.#script(windows++, stream, pcm);
          queueMicrotask(() => windowed.deliver(p));
          return true;
        },
        close: () => undefined,
      },
    );
    this.#streams.push(windowed);
    return windowed;
  }

  /** The model is gone for good. */
  lose(why: string): void {
    for (const stream of this.#streams) {
      stream.workerLost();
      stream.lost(why);
    }
  }
}

/** Script that calls a window speech when it is louder than `rms` (0..1): for tests that push tones and silence. */
export function speechAbove(rms: number): VadScript {
  return (_window, _stream, pcm) => {
    let sum = 0;
    for (const x of pcm) sum += x * x;
    return Math.sqrt(sum / pcm.length) > rms ? 0.95 : 0.02;
  };
}
