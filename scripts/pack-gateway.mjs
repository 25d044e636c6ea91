// `npm run pack`: the tarball of @vis-a-vis/gateway, into artifacts/gateway. `npx --ignore-scripts --package=FILE vis-a-vis-gateway` starts it.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packGateway } from './lib/gateway-package.mjs';
import { StepError } from './lib/process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  const file = await packGateway(root, join(root, 'artifacts/gateway'));
  const { size } = await stat(file);
  console.error(`vis-a-vis: ${(size / 1e6).toFixed(1)} MB`);
  console.log(file);
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(`vis-a-vis: ${error.message}`);
  process.exitCode = 1;
}
