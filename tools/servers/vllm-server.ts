import { availableParallelism } from 'node:os';
import { serverParts, startServerProcess, type ServerProcess } from './server-process.js';

const NAME = "vLLM's server";
/** Importing it alone takes minutes on two cores that do something else as well (ms). */
const START_MS = 900_000;

export interface VllmOptions {
  /** On loopback. Default: any free one. */
  readonly port?: number;
  /** Tokens of a request at most. Default 16,384. */
  readonly ctx?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/**
 * vLLM's own HTTP server with a small Qwen2.5-Omni of random weights, on loopback; what it runs on is fetched and made where it is not there yet.
 * @throws ToolError with the end of its log where it does not come up
 */
export async function startVllmServer(options: VllmOptions = {}): Promise<ServerProcess> {
  const { port = 0, ctx = 16_384, threads = availableParallelism() } = options;
  const { python = '', model = '' } = await serverParts(NAME, 'vllm');
  const program = 'tools/servers/vllm/serve.py';
  return startServerProcess({
    name: NAME,
    python,
    program,
    flags: { model, port, ctx, threads },
    startMs: START_MS,
  });
}
