import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** What a program that is stopped gets for its end (ms). */
const KILL_AFTER_MS = 5000;

/** A failure that needs no stack trace: its message is one line for the person at the terminal. */
export class StepError extends Error {}

/** The environment of every child: the running Node comes first on PATH, so that npm and all tools use it too. */
export function childEnv(node = process.execPath, extra = {}) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}

/**
 * Runs a program to its end.
 * @param {object} [how]
 * @param {string} [how.what] its name in an error
 * @param {boolean} [how.quiet] its output is shown where it fails
 * @param {(text: string) => void} [how.output] takes its output, instead of the terminal
 * @param {AbortSignal} [how.signal] ends it, and what it started
 * @returns {Promise<void>} rejects with a StepError when it cannot start or does not exit with 0
 */
export async function run(program, args, how = {}) {
  const { cwd, env = childEnv(), what = program, quiet = false, output, signal: stop } = how;
  if (stop?.aborted) throw new StepError(`${what} was stopped`);
  const piped = quiet || output !== undefined;
  // A group of its own is ended with all that it started. Outside the terminal's, it is told of Ctrl-C by us alone.
  const group = stop !== undefined;
  const stdio = piped ? ['ignore', 'pipe', 'pipe'] : 'inherit';
  const signals = catchSignals();
  const child = spawn(program, args, { cwd, env, stdio, detached: group });
  let kept = '';
  const take = output ?? ((text) => (kept += text));
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take);
  const kill = (name) => killChild(child, name, group);
  const onStop = () => {
    kill('SIGTERM');
    setTimeout(kill, KILL_AFTER_MS, 'SIGKILL').unref();
  };
  stop?.addEventListener('abort', onStop);
  const { code, signal, error } = await ended(child, signals, group);
  stop?.removeEventListener('abort', onStop);
  if (error) throw new StepError(`${what}: cannot start ${program} (${error.code ?? error.message})`);
  if (code === 0) return;
  if (kept) process.stderr.write(kept);
  throw new StepError(`${what} failed (${signal ?? `exit code ${code}`})`);
}

function killChild(child, signal, group) {
  try {
    if (group && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it has ended by itself
  }
}

/** Runs a program in this process's place: same terminal, arguments and signals, and its exit code becomes ours. */
export async function become(program, args, { cwd, env = {} }) {
  // What the caller's own environment says goes before `env`.
  const signals = catchSignals();
  const child = spawn(program, args, { cwd, env: { ...env, ...childEnv(program) }, stdio: 'inherit' });
  const { code, signal, error } = await ended(child, signals);
  if (error) throw new StepError(`cannot start ${program} (${error.code ?? error.message})`);
  // Dying by the same signal lets a shell or a supervisor see why; a handled signal ends with the child's own code.
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
}

/** Takes the signals that this process gets from before a child is there: one in between would leave it without anybody. */
function catchSignals() {
  const early = [];
  let take = (signal) => early.push(signal);
  const onSignal = (signal) => take(signal);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    forwardTo(forward) {
      take = forward;
      for (const signal of early.splice(0)) forward(signal);
    },
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Waits for a child's end; meanwhile the signals that this process gets are the child's. */
async function ended(child, signals, group = false) {
  signals.forwardTo((signal) => {
    // Ctrl-C in a terminal already reaches every process of our group; a second one would look like impatience.
    if (signal === 'SIGINT' && process.stdin.isTTY && !group) return;
    killChild(child, signal, group);
  });
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    signals.release();
  }
}
