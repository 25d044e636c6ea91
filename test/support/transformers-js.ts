import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RgbImage } from '#modules/contracts';

/** What is said in one turn of the user, in this order. */
export interface ReferenceTurn {
  readonly image?: RgbImage;
  readonly pcm?: Float32Array;
  readonly text?: string;
}

export interface ReferenceRequest {
  readonly turns: readonly ReferenceTurn[];
  /** The prompt, where it is not that of the one turn; its pictures and sounds are still those of `turns`. */
  readonly ids?: readonly number[];
  /** Tokens of the answer, at most; 0: only the prompts. */
  readonly count: number;
}

export interface ReferenceReply {
  /** Each turn's own prompt, up to the answer. */
  readonly prompts: readonly (readonly number[])[];
  readonly answer: readonly number[];
}

/** A model folder in `@huggingface/transformers` itself: its processor, its cache, its greedy answers. One request at a time. */
export class TransformersJs {
  private readonly worker: Worker;

  constructor(dir: string, modelType: 'gemma3n' | 'gemma4') {
    const url = new URL('test/support/transformers-js-worker.ts', pathToFileURL(`${process.cwd()}/`));
    this.worker = new Worker(url, { workerData: { dir, modelType } });
  }

  async ask(request: ReferenceRequest): Promise<ReferenceReply> {
    this.worker.postMessage(request);
    const [reply] = (await once(this.worker, 'message')) as [ReferenceReply | { error: string }];
    if ('error' in reply) throw new Error(reply.error);
    return reply;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
