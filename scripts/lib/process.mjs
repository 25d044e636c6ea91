import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A failure that needs no stack trace: its message is one line for the person at the terminal. */
export class StepError extends Error {}

/** The environment of every child: the running Node comes first on PATH, so that npm and all tools use it too. */
export function childEnv(node = process.execPath, extra = {}) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}

/**
 * Runs a program to its end.
 * @returns {Promise<void>} rejects with a StepError when it cannot start or does not exit with 0
 */
export async function run(program, args, { cwd, env = childEnv(), what = program, quiet = false } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const { code, signal, error } = await ended(child);
  if (error) throw new StepError(`${what}: cannot start ${program} (${error.code ?? error.message})`);
  if (code === 0) return;
  if (output) process.stderr.write(output);
  throw new StepError(`${what} failed (${signal ?? `exit code ${code}`})`);
}

/** Runs a program in this process's place: same terminal, arguments and signals, and its exit code becomes ours. */
export async function become(program, args, { cwd, env = {} }) {
  // What the caller's own environment says goes before `env`.
  const child = spawn(program, args, { cwd, env: { ...env, ...childEnv(program) }, stdio: 'inherit' });
  const { code, signal, error } = await ended(child);
  if (error) throw new StepError(`cannot start ${program} (${error.code ?? error.message})`);
  // Dying by the same signal lets a shell or a supervisor see why; a handled signal ends with the child's own code.
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
}

/** Waits for a child's end; meanwhile the signals that this process gets are the child's. */
async function ended(child) {
  const forward = (signal) => {
    // Ctrl-C in a terminal already reaches every process of the group; a second one would look like impatience.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}
