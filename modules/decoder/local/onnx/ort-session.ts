import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { VisavisError } from '#modules/contracts';
import { reasonOf } from '../../folders/folder-files.js';
import { badModel, onnxFile, type ModelFolder, type SessionName } from '../../folders/pocket/model-folder.js';

/** Input or output tensors by name. */
export type Feeds = Record<string, Tensor>;

export function floats(data: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor('float32', data, dims);
}

export function integers(values: Iterable<number>, dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

/** One ONNX file, opened once for the life of its thread (opening and releasing again leaks in onnxruntime 1.30). */
export class OrtSession {
  private readonly session: InferenceSession;
  private readonly name: string;

  private constructor(session: InferenceSession, name: string) {
    this.session = session;
    this.name = name;
  }

  /** @throws `bad_model` where the file cannot be opened or is not what the manifest says */
  static async open(folder: ModelFolder, name: SessionName, threads: number): Promise<OrtSession> {
    const file = onnxFile(name);
    const { session } = await OrtSession.openFile(folder.dir, file, threads);
    const { inputs, outputs } = folder.shapes[name];
    for (const [expected, found] of [
      [inputs, session.inputMetadata],
      [outputs, session.outputMetadata],
    ] as const) {
      for (const [tensor, shape] of Object.entries(expected)) {
        const problem = difference(
          shape,
          found.find((one) => one.name === tensor),
        );
        if (problem) throw badModel(folder.dir, file, `${tensor} ${problem}`);
      }
    }
    return new OrtSession(session, name);
  }

  /** Opens a file as it is. @throws `bad_model` */
  static async openFile(dir: string, file: string, threads: number): Promise<OrtSession> {
    const session = await InferenceSession.create(join(dir, file), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Spinning threads would take the cores that media and other workers need.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // The arena keeps the most that was ever asked for at once; without it a run is as quick and the memory is given back.
      enableCpuMemArena: false,
    }).catch((cause: unknown) => {
      throw badModel(dir, file, reasonOf(cause));
    });
    return new OrtSession(session, basename(file, '.onnx'));
  }

  /** The model's inputs, as it declares them itself. */
  get inputs(): readonly InferenceSession.ValueMetadata[] {
    return this.session.inputMetadata;
  }

  get outputs(): readonly InferenceSession.ValueMetadata[] {
    return this.session.outputMetadata;
  }

  /** Dimensions of an input; a free one is a string. */
  inputShape(name: string): readonly (number | string)[] | null {
    const found = this.session.inputMetadata.find((input) => input.name === name);
    return found?.isTensor ? found.shape : null;
  }

  /**
   * Blocks this thread while it computes.
   * @throws `engine_failed`
   */
  async run(feeds: Feeds): Promise<InferenceSession.OnnxValueMapType> {
    try {
      return await this.session.run(feeds);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new VisavisError('engine_failed', `${this.name}: ${message}`, null, { cause });
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** An output's data. */
export function floatsOf(outputs: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new VisavisError('engine_failed', `output ${name} is missing or not float32`);
}

function difference(
  expected: readonly (number | string)[],
  found: InferenceSession.ValueMetadata | undefined,
): string | null {
  if (!found?.isTensor) return 'is missing';
  const same =
    expected.length === found.shape.length &&
    expected.every((dim, axis) => {
      const actual = found.shape[axis];
      return typeof dim === 'string' || typeof actual === 'string' || dim === actual;
    });
  return same ? null : `is [${found.shape.join(', ')}], manifest.json says [${expected.join(', ')}]`;
}
