import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureSystemPackages } from '../../system-packages.mjs';
import { StepError, childEnv, run } from '../process.mjs';

const MODULE = 'github.com/livekit/livekit-server';
/** Later ones replace Pion's modules by forks that not every proxy has. */
const VERSION = 'v1.11.0';
/** Of the module, as the checksum database has it; its go.sum holds all that it is built of to theirs. */
const SUM = 'h1:mWa8MWwn7sBi0rBvf+jdB77s98BPGr0JsCtU+6XUYEA=';
/** What its go.mod asks for, and the module by which Go itself comes where the system's is older. */
const GO = '1.25.0';
const TOOLCHAIN = `golang.org/toolchain@v0.0.1-go${GO}.linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
const GO_PACKAGE = { name: 'golang-go', program: 'go' };

/** Where the server is, once it is built. */
export const livekitProgram = (root) => join(root, 'tools/support/rooms/.livekit', VERSION, 'livekit-server');

export const hasLivekit = (root) => Promise.resolve(existsSync(livekitProgram(root)));

/**
 * The LiveKit server, built of its Go modules where it is not there yet: half a GB of sources and some minutes.
 * @throws StepError
 */
export async function ensureLivekit(root) {
  const program = livekitProgram(root);
  if (existsSync(program)) return program;
  console.log(`vis-a-vis: building the LiveKit server ${VERSION} (once; some minutes)`);
  const go = await goProgram();
  const { Dir: folder, Sum: sum } = await module(go, `${MODULE}@${VERSION}`);
  if (sum !== SUM) throw new StepError(`${MODULE}@${VERSION} is not what it was: ${sum}`);
  await mkdir(join(program, '..'), { recursive: true });
  const unfinished = `${program}.${process.pid}.part`;
  // In the module's own folder, whose go.sum is meant.
  const args = [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags=-s -w',
    '-o',
    unfinished,
    './cmd/server',
  ];
  await run(go, args, { cwd: folder, env: goEnv(), what: 'go build of livekit-server', quiet: true });
  await rename(unfinished, program);
  return program;
}

/** Go that is new enough: the system's, or the one that comes as a module. */
async function goProgram() {
  if (newEnough(version('go'))) return 'go';
  await ensureSystemPackages([GO_PACKAGE]);
  if (newEnough(version('go'))) return 'go';
  const { Dir: folder } = await module('go', TOOLCHAIN);
  // Modules hold files without their modes.
  for (const place of ['bin', 'pkg/tool']) await runnable(join(folder, place));
  const go = join(folder, 'bin/go');
  if (!newEnough(version(go))) throw new StepError(`${TOOLCHAIN} does not run here`);
  return go;
}

/** @returns {string} such as "go1.26.0"; "": it does not start */
function version(go) {
  const { stdout } = spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8', env: goEnv() });
  return stdout?.trim() ?? '';
}

/** @param {string} found as `go env GOVERSION` has it */
export function newEnough(found) {
  const numbers = (text) => /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [0, 0];
  const [[major, minor], [wantedMajor, wantedMinor]] = [numbers(found), numbers(GO)];
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Fetches a module. @returns {Promise<{Dir: string, Sum: string}>} */
async function module(go, name) {
  let out = '';
  await run(go, ['mod', 'download', '-json', name], {
    cwd: '/', // of no module
    env: goEnv(),
    what: `go mod download ${name}`,
    output: (text) => (out += text),
  }).catch((error) => {
    throw new StepError(`${error.message}: ${out.trim()}`);
  });
  return JSON.parse(out.slice(out.indexOf('{'), out.lastIndexOf('}') + 1));
}

async function runnable(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o755);
}

/** No other Go than the one that was chosen, with its own library, and without a C compiler. */
function goEnv() {
  const { GOROOT: _, ...env } = childEnv(process.execPath, {
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
    GOFLAGS: '',
  });
  return env;
}
