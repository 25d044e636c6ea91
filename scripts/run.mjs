#!/usr/bin/env node
// The one entry behind every npm script: `node scripts/run.mjs <command> [args…]`. It needs nothing but Node 20 and npm:
// it brings a suitable Node, the locked packages and a build that matches the sources, each only when missing or out
// of date, and then becomes the command: arguments, signals and the exit code pass through. (package.json says `exec`,
// because npm sends its signals to the shell that it starts a script with, and a shell would keep them to itself.)
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './lib/build.mjs';
import { GATEWAY_FLAGS, GATEWAY_MEMORY, ensureNode } from './lib/node.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { StepError, become } from './lib/process.mjs';

/** What each command runs, relative to the repository, once everything is in place. */
const COMMANDS = {
  start: { program: 'dist/src/main.js', build: true },
  demo: { program: 'dist/tools/demo/main.js', build: true },
  eval: { program: 'dist/tools/eval/main.js', build: true },
  soak: { program: 'dist/tools/soak/main.js', build: true },
  load: { program: 'dist/tools/load-test/main.js', build: true },
  bot: { program: 'dist/tools/call-bot/main.js', build: true },
  bench: { program: 'dist/bench/main.js', build: true },
  replay: { program: 'dist/src/replay/main.js', build: true },
  fuzz: { program: 'dist/tools/fuzz/main.js', build: true },
  specs: { program: 'dist/tools/specs/main.js', build: true },
  api: {
    program: 'node_modules/typedoc/bin/typedoc',
    args: ['--options', 'packages/client/typedoc.json'],
    build: true,
  },
  servers: { program: 'dist/tools/servers/main.js', build: true },
  key: { program: 'scripts/key.mjs', build: false },
  docs: { program: 'scripts/docs.mjs', build: false },
  pack: { program: 'scripts/pack-gateway.mjs', build: true },
  // The checks come before the build there, so that a mistake is told by the tool that explains it best.
  test: { program: 'scripts/test.mjs', build: false },
  build: { program: null, build: true },
};

const root = fileURLToPath(new URL('..', import.meta.url));

async function main([name = '', ...args]) {
  const command = COMMANDS[name];
  if (!command)
    throw new StepError(`usage: node scripts/run.mjs <${Object.keys(COMMANDS).join('|')}> [args…]`);

  const node = await ensureNode(root);
  if (node !== process.execPath) {
    await become(node, [fileURLToPath(import.meta.url), name, ...args], { cwd: process.cwd() });
    return;
  }
  await ensurePackages(root);
  if (command.build) await ensureBuild(root);
  if (command.program)
    await become(node, [...GATEWAY_FLAGS, join(root, command.program), ...(command.args ?? []), ...args], {
      cwd: root,
      env: GATEWAY_MEMORY,
    });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(`vis-a-vis: ${error.message}`);
  process.exitCode = 1;
}
