import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ToolError } from '../support/cli.js';
import { REPOSITORY } from '../support/repository.js';

const PROGRAM = join(REPOSITORY, 'tools/servers/llama.py');
const PARTS = join(REPOSITORY, 'scripts/server-parts.mjs');
/** Reading the weights, on a busy machine (ms). */
const START_MS = 60_000;
/** An orderly end; after it the process is killed (ms). */
const STOP_MS = 5000;
/** Lines of its log that are kept, to tell why it did not start, or ended. */
const LINES_KEPT = 40;

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
}

/** A process of llama.cpp's own server. */
export interface LlamaServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** The end of its log. */
  log(): string;
  /** Asks it to end, and waits for that. Idempotent. */
  stop(): Promise<void>;
  /** Ends it at once, in the middle of whatever it does (SIGKILL), and waits for that. */
  kill(): Promise<void>;
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
export async function startLlamaServer(options: LlamaOptions = {}): Promise<LlamaServer> {
  const { port = 0, ctx = 8192, slots = 4, threads = availableParallelism(), side = 224 } = options;
  const { python, model, projector } = await llamaParts(side);
  const flags = { model, projector, port, ctx, slots, threads };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  // What stands on its standard input ends when this process does, in whatever way.
  const child = spawn(python, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
  });
  const log = () => lines.join('\n');
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );
  const url = await listening(child, ended, log);
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    log,
    stop: () => end(child, ended),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * @param side pixels of a picture's side
 * @throws ToolError
 */
export async function llamaParts(side = 224): Promise<LlamaParts> {
  return (await parts(`${side}`)) as LlamaParts;
}

/**
 * SmolLM2-135M as a model folder in the layout of transformers.js, made where it is not there yet.
 * @returns its path
 * @throws ToolError
 */
export async function smollm2Folder(): Promise<string> {
  return ((await parts('--folder')) as { folder: string }).folder;
}

async function parts(what: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [PARTS, REPOSITORY, what]).catch(
    ({ stderr, message }: Error & { stderr?: string }) => {
      throw new ToolError(`llama.cpp's server cannot be had: ${stderr?.trim() || message}`);
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function listening(child: ChildProcess, ended: Promise<void>, log: () => string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(failed('did not come up in time', log())), START_MS);
  if (child.stdout) {
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve((JSON.parse(line) as { url: string }).url);
    });
  }
  void ended.then(() => reject(failed('ended', log())));
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const failed = (how: string, log: string): ToolError => new ToolError(`llama.cpp's server ${how}:\n${log}`);

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.stdin?.end();
  await ended;
  clearTimeout(timer);
}
