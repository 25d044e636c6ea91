import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StepError, childEnv, run } from './lib/process.mjs';

/**
 * Makes sure that programs of the operating system are there: installs them with apt where this process may, and else
 * fails with the command that a person has to run.
 *
 * @param {{name: string, program: string}[]} packages Debian package and the program that tells that it is installed
 */
export async function ensureSystemPackages(packages) {
  const missing = [];
  for (const each of packages) if (!(await onPath(each.program))) missing.push(each.name);
  if (missing.length === 0) return;

  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) {
    throw new StepError(`missing ${missing.join(', ')}; run: sudo apt-get update && sudo ${install}`);
  }
  console.log(`vis-a-vis: installing ${missing.join(', ')} (apt-get)`);
  const env = childEnv(process.execPath, { DEBIAN_FRONTEND: 'noninteractive' });
  await run('apt-get', ['update', '-q'], { env, what: 'apt-get update', quiet: true });
  await run('apt-get', install.split(' ').slice(1), { env, what: install, quiet: true });
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
