import { InferenceSession, Tensor } from 'onnxruntime-node';
import { speechIn, windowStarts } from '../core/judge/audio-events.js';
import { SMART_TURN, smartTurnFeatures, YAMNET, yamnetFeatures } from '../core/judge/features.js';
import type { JudgeModels, Judgement } from '../core/judge/judgement.js';
import type { JudgeWorkerData } from './judge-protocol.js';

const ONNX_LOG_ERRORS_ONLY = 3;
const SMART_TURN_INPUT = 'input_features';
/** So named by who exported it; it is a probability. */
const SMART_TURN_OUTPUT = 'logits';
const YAMNET_INPUT = 'mel';
const YAMNET_OUTPUT = 'scores';

/** Used anew for each window of a sound, as the features are. */
const window = new Float32Array(YAMNET.samples);

/** Smart Turn and YAMNet in onnxruntime sessions, either of which may be missing. */
export class JudgeSessions {
  readonly #smartTurnPath: string | null;
  readonly #yamnet: InferenceSession | null;
  /** Loaded when it is first asked: most models that answer have a head for it. */
  #smartTurn: InferenceSession | null = null;

  private constructor(smartTurnPath: string | null, yamnet: InferenceSession | null) {
    this.#smartTurnPath = smartTurnPath;
    this.#yamnet = yamnet;
  }

  static async load({ smartTurn, yamnet }: JudgeWorkerData): Promise<JudgeSessions> {
    return new JudgeSessions(smartTurn, await sessionOf(yamnet));
  }

  /** @param pcm 16 kHz mono */
  async judge(pcm: Float32Array, wanted: JudgeModels): Promise<Judgement> {
    if (wanted.turnEnd) this.#smartTurn ??= await sessionOf(this.#smartTurnPath);
    const turnEnd = wanted.turnEnd && this.#smartTurn ? await turnEndOf(this.#smartTurn, pcm) : null;
    const speech = wanted.speech && this.#yamnet ? await speechOf(this.#yamnet, pcm) : null;
    return { turnEnd, speech };
  }

  async release(): Promise<void> {
    await this.#smartTurn?.release();
    await this.#yamnet?.release();
  }
}

async function sessionOf(path: string | null): Promise<InferenceSession | null> {
  if (path === null) return null;
  return InferenceSession.create(path, {
    // One of many threads of the process: more would take the engine's.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // A sound is judged now and then: what a run needed is given back.
    enableCpuMemArena: false,
    logSeverityLevel: ONNX_LOG_ERRORS_ONLY,
  });
}

async function turnEndOf(session: InferenceSession, pcm: Float32Array): Promise<number> {
  const { bands, frames } = SMART_TURN;
  const input = new Tensor('float32', smartTurnFeatures(pcm), [1, bands, frames]);
  const { data } = outputOf(await session.run({ [SMART_TURN_INPUT]: input }), SMART_TURN_OUTPUT);
  return data[0] ?? 0;
}

/** A window at a time: onnxruntime keeps the memory of the largest run for ever, and all windows in one run take no less time. */
async function speechOf(session: InferenceSession, pcm: Float32Array): Promise<number> {
  const scores: Float32Array[] = [];
  for (const start of windowStarts(pcm.length)) {
    window.fill(0).set(pcm.subarray(Math.max(0, start), start + YAMNET.samples), Math.max(0, -start));
    const input = new Tensor('float32', yamnetFeatures(window), [1, YAMNET.frames, YAMNET.bands]);
    scores.push(outputOf(await session.run({ [YAMNET_INPUT]: input }), YAMNET_OUTPUT).data);
  }
  return speechIn(scores);
}

function outputOf(
  outputs: InferenceSession.OnnxValueMapType,
  name: string,
): { data: Float32Array; dims: readonly number[] } {
  const output = outputs[name];
  if (!(output instanceof Tensor) || !(output.data instanceof Float32Array)) {
    throw new TypeError(`the model gave no float tensor "${name}"`);
  }
  return { data: output.data, dims: output.dims };
}
