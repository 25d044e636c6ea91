import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

export interface TextRequest {
  readonly messages: readonly { role: 'system' | 'user' | 'assistant'; content: string }[];
  /** Tokens of the answer, at most. */
  readonly count: number;
}

export interface TextReply {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly text: string;
}

/** A text-only model folder in `@huggingface/transformers` itself: its tokenizer, its template, its greedy answers. One request at a time. */
export class TextReference {
  private readonly worker: Worker;

  constructor(dir: string) {
    const url = new URL('test/support/text-reference-worker.ts', pathToFileURL(`${process.cwd()}/`));
    this.worker = new Worker(url, { workerData: { dir } });
  }

  async ask(request: TextRequest): Promise<TextReply> {
    this.worker.postMessage(request);
    const [reply] = (await once(this.worker, 'message')) as [TextReply | { error: string }];
    if ('error' in reply) throw new Error(reply.error);
    return reply;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
