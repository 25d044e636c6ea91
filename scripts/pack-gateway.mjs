// `npm run pack`: the tarball of @vis-a-vis/gateway, into artifacts/gateway. `npx --ignore-scripts --package=FILE vis-a-vis-gateway` starts it.
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepError, run } from './lib/process.mjs';

/** What the package holds of the repository: all that the built gateway reads, where it is here, too. */
const CONTENTS = [
  'dist/src',
  'dist/modules',
  'dist/client-demo',
  'dist/docs',
  'models',
  'packages/gateway/bin.mjs',
  'scripts/lib/node.mjs',
  'scripts/lib/process.mjs',
  'LICENSE',
];
/** What stands somewhere else there. The protocol comes along, so that the package can be tried before either is on a registry. */
const MOVED = [
  ['packages/gateway/README.md', 'README.md'],
  ['packages/gateway/NOTICE', 'NOTICE'],
  ['packages/protocol/package.json', 'node_modules/@vis-a-vis/protocol/package.json'],
  ['packages/protocol/dist', 'node_modules/@vis-a-vis/protocol/dist'],
];
const PROTOCOL = '@vis-a-vis/protocol';

/**
 * The package.json of the gateway, which has the version and the dependencies that the repository has.
 * @param {object} repository its package.json
 * @param {string} protocol version of the package that comes along
 */
function manifestOf(repository, protocol) {
  const { version, license, type, dependencies } = repository;
  return {
    name: '@vis-a-vis/gateway',
    version,
    description: 'Talk face to face with an omni-modal model: the gateway, with a small model of its own.',
    license,
    keywords: ['realtime', 'webrtc', 'voice', 'video', 'llm', 'openai-realtime', 'server'],
    type,
    // What starts it: the gateway itself has a Node that suits it.
    engines: { node: '>=20' },
    bin: { 'vis-a-vis-gateway': 'packages/gateway/bin.mjs' },
    imports: { '#modules/*': './dist/modules/*/index.js' },
    files: ['dist', 'models', 'packages', 'scripts', 'NOTICE'],
    dependencies: { ...dependencies, [PROTOCOL]: protocol },
    bundleDependencies: [PROTOCOL],
    publishConfig: { access: 'public', provenance: true },
  };
}

/**
 * Packs the built gateway.
 * @param {string} root the repository, which is built
 * @param {string} folder which is made anew; the tarball lies in it
 * @returns {Promise<string>} path of the tarball
 */
async function packGateway(root, folder) {
  const read = async (file) => JSON.parse(await readFile(join(root, file), 'utf8'));
  const [repository, protocol] = await Promise.all(
    ['package.json', 'packages/protocol/package.json'].map(read),
  );
  const manifest = manifestOf(repository, protocol.version);
  const content = join(folder, 'package');
  await rm(folder, { recursive: true, force: true });
  await mkdir(content, { recursive: true });
  for (const [from, to] of [...CONTENTS.map((path) => [path, path]), ...MOVED])
    await cp(join(root, from), join(content, to), { recursive: true });
  await writeFile(join(content, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await run('npm', ['pack', '--silent', `--pack-destination=${folder}`], {
    cwd: content,
    what: 'npm pack',
    quiet: true,
  });
  return join(folder, `vis-a-vis-gateway-${manifest.version}.tgz`);
}

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
