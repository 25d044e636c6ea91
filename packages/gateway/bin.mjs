#!/usr/bin/env node
// `npx @vis-a-vis/gateway`: the gateway, on a Node that suits it, with the model that came along. Arguments, signals and the exit code pass through.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNode, GATEWAY_FLAGS, GATEWAY_MEMORY } from '../../scripts/lib/node.mjs';
import { StepError, become } from '../../scripts/lib/process.mjs';

/** The repository, or the package, which has the same folders. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const MODEL = join(root, 'models/visavis-pocket');

try {
  const args = [...GATEWAY_FLAGS, join(root, 'dist/src/main.js'), ...process.argv.slice(2)];
  // Relative paths in settings are those of the folder that it is started in.
  await become(await ensureNode(root), args, {
    cwd: process.cwd(),
    env: { VISAVIS_MODEL: MODEL, ...GATEWAY_MEMORY },
  });
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  process.stderr.write(`vis-a-vis: ${error.message}\n`);
  process.exitCode = 1;
}
