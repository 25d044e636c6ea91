import { spawnSync } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StepError, childEnv, run } from './lib/process.mjs';

/**
 * Makes sure that parts of the operating system are there: installs them with apt where this process may, and else
 * fails with the command that a person has to run.
 *
 * @param {{name: string, program?: string, library?: string, file?: string}[]} packages Debian package and what tells
 * that it is installed, whoever installed it: a program on PATH, the name that a shared library is loaded by, or a
 * file. With none of these it is installed in any case.
 */
export async function ensureSystemPackages(packages) {
  const missing = [];
  for (const each of packages) if (!(await isThere(each))) missing.push(each.name);
  if (missing.length === 0) return;

  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!(await onPath('apt-get')))
    throw new StepError(
      `missing ${missing.join(', ')} (so they are called in Debian; this system has no apt-get)`,
    );
  if (process.getuid?.() !== 0) {
    throw new StepError(`missing ${missing.join(', ')}; run: sudo apt-get update && sudo ${install}`);
  }
  console.log(`vis-a-vis: installing ${missing.join(', ')} (apt-get)`);
  const env = childEnv(process.execPath, { DEBIAN_FRONTEND: 'noninteractive' });
  await run('apt-get', ['update', '-q'], { env, what: 'apt-get update', quiet: true });
  await run('apt-get', install.split(' ').slice(1), { env, what: install, quiet: true });
}

async function isThere({ program, library, file }) {
  if (program) return onPath(program);
  if (library) return libraries().includes(library);
  return file !== undefined && existsSync(file);
}

/** What the dynamic loader knows, by the names that programs load; ldconfig is not on everybody's PATH. */
function libraries() {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').map((line) => line.trim().split(' ')[0]);
}

async function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return false;
}
