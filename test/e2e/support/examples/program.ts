import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
/** For a program that asks and goes (ms). */
const LONGEST_MS = 100_000;

const envOf = (more: Record<string, string>) => ({ ...process.env, NODE_OPTIONS: '', ...more });

/** Runs a Node script of the repository to its end. @returns what it wrote; rejects where it fails */
export async function runScript(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  cwd = ROOT,
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [script, ...args], {
    cwd,
    timeout: LONGEST_MS,
    env: envOf(env),
  });
}

/** A server of the repository that is a Node script, and whose first line is its address. */
export class ScriptServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(script: string, env: Record<string, string> = {}): Promise<ScriptServer> {
    const child = spawn(process.execPath, [script], {
      cwd: ROOT,
      env: envOf({ PORT: '0', ...env }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close').then(() => {
      throw new Error(`${script} has ended`);
    });
    const first = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
    const [url] = await Promise.race([first, ended]);
    ended.catch(() => undefined);
    return new ScriptServer(url, child);
  }

  async stop(): Promise<void> {
    const closed = once(this.child, 'close');
    this.child.kill();
    await closed;
  }
}
