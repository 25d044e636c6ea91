import { availableParallelism } from 'node:os';
import { serverParts, startServerProcess, type ServerProcess } from './server-process.js';

const NAME = "llama.cpp's server";
/** Reading the weights, on a busy machine (ms). */
const START_MS = 60_000;

export interface LlamaOptions {
  /** On loopback. Default: any free one. */
  readonly port?: number;
  /** Tokens of one slot. Default 8192, the most that the model knows. */
  readonly ctx?: number;
  /** Requests at once, each with a cache of its own. Default 4. */
  readonly slots?: number;
  /** Default: all cores. */
  readonly threads?: number;
  /** Pixels of a picture's side, a multiple of 28: it becomes (side / 28)² tokens. Default 224. */
  readonly side?: number;
  /** `/slots` tells what each slot's model has read. Default false. */
  readonly prompts?: boolean;
}

/** What the server runs on. All paths. */
export interface LlamaParts {
  readonly python: string;
  readonly model: string;
  readonly projector: string;
}

/**
 * llama.cpp's own HTTP server with SmolLM2-135M, eyes and ears, on loopback; what it runs on is fetched and made where it is not there yet.
 * @throws ToolError with the end of its log where it does not come up
 */
export async function startLlamaServer(options: LlamaOptions = {}): Promise<ServerProcess> {
  const { port = 0, ctx = 8192, slots = 4, threads = availableParallelism(), side = 224 } = options;
  const { python, model, projector } = await llamaParts(side);
  const prompts = options.prompts ? 'told' : 'hidden';
  const flags = { model, projector, port, ctx, slots, threads, prompts };
  const program = 'tools/servers/llama.py';
  return startServerProcess({ name: NAME, python, program, flags, startMs: START_MS });
}

/**
 * @param side pixels of a picture's side
 * @throws ToolError
 */
export async function llamaParts(side = 224): Promise<LlamaParts> {
  const { python = '', model = '', projector = '' } = await serverParts(NAME, 'llama', `${side}`);
  return { python, model, projector };
}

/**
 * SmolLM2-135M as a model folder in the layout of transformers.js, made where it is not there yet.
 * @returns its path
 * @throws ToolError
 */
export async function smollm2Folder(): Promise<string> {
  const { folder = '' } = await serverParts('SmolLM2', 'smollm2');
  return folder;
}
