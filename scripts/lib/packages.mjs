import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnv, run } from './process.mjs';

/**
 * Whether `node_modules` holds what the lockfile asks for. npm writes its own record, `node_modules/.package-lock.json`,
 * last, so an interrupted install does not pass either.
 *
 * @param {{packages?: Record<string, object>}} wanted package-lock.json
 * @param {{packages?: Record<string, object>}} present node_modules/.package-lock.json
 */
export function satisfies(wanted, present) {
  return Object.entries(wanted.packages ?? {})
    .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.optional && !entry.peer)
    .every(([path, entry]) => {
      const found = present.packages?.[path];
      return (
        found !== undefined && found.version === entry.version && Boolean(found.link) === Boolean(entry.link)
      );
    });
}

/** Installs the locked packages where they are missing or the lockfile has changed since. */
export async function ensurePackages(root) {
  const [wanted, present] = await Promise.all(
    ['package-lock.json', 'node_modules/.package-lock.json'].map((path) => readJson(join(root, path))),
  );
  if (wanted && present && satisfies(wanted, present)) return;
  console.log('vis-a-vis: installing packages (npm ci)');
  const env = childEnv(process.execPath, {
    // Neither is used: onnxruntime-node would fetch CUDA libraries, node-av the ffmpeg program. `.npmrc` already says
    // that no install script runs; these hold where a user's own configuration overrides it.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    SKIP_FFMPEG: 'true',
    // NODE_ENV=production would leave out the compiler.
    NODE_ENV: 'development',
  });
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    what: 'npm ci',
    quiet: true,
  });
}

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
