import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ToolError } from '../support/cli.js';
import { REPOSITORY } from '../support/repository.js';

const PARTS = join(REPOSITORY, 'scripts/server-parts.mjs');
/** An orderly end; after it the process is killed (ms). */
const STOP_MS = 10_000;
/** Lines of its log that are kept, to tell why it did not start, or ended. */
const LINES_KEPT = 40;

/** A process of an inference server of others, on loopback. */
export interface ServerProcess {
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

export interface ServerProgram {
  /** Whose server it is, as a complaint says it. */
  readonly name: string;
  readonly python: string;
  /** A program of `tools/servers` that says `{"url"}` in a line when the server is up, and ends when its standard input does. */
  readonly program: string;
  readonly flags: Readonly<Record<string, string | number>>;
  /** How long it may take until it is up (ms). */
  readonly startMs: number;
}

/** @throws ToolError with the end of its log where it does not come up */
export async function startServerProcess(server: ServerProgram): Promise<ServerProcess> {
  const { name, python, program, flags, startMs } = server;
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  // What stands on its standard input ends when this process does, in whatever way.
  const child = spawn(python, [join(REPOSITORY, program), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
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
  const failed = (how: string) => new ToolError(`${name} ${how}:\n${log()}`);
  const url = await listening(child, ended, { startMs, failed });
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
 * What a server runs on, fetched and made where it is not there yet; what that does is told on standard error.
 * @param args as `scripts/server-parts.mjs` takes them
 * @throws ToolError
 */
export async function serverParts(name: string, ...args: string[]): Promise<Record<string, string>> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(process.execPath, [PARTS, REPOSITORY, ...args], (error, stdout, stderr) => {
    if (error) reject(new ToolError(`${name} cannot be had: ${stderr.trim() || error.message}`));
    else resolve(stdout.trim().split('\n').at(-1) ?? '');
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) process.stderr.write(`${line}\n`);
    });
  }
  return JSON.parse(await promise) as Record<string, string>;
}

async function listening(
  child: ChildProcess,
  ended: Promise<void>,
  { startMs, failed }: { startMs: number; failed: (how: string) => ToolError },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(failed(`did not come up in ${startMs / 1000} s`)), startMs);
  if (child.stdout) {
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve((JSON.parse(line) as { url: string }).url);
    });
  }
  void ended.then(() => reject(failed('ended')));
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.stdin?.end();
  await ended;
  clearTimeout(timer);
}
