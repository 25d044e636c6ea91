// What the call bot's demo runs before it, installed or built where it is not there and this process may: `node scripts/bot-parts.mjs janus|livekit`.
import { fileURLToPath } from 'node:url';
import { ensureLivekit } from './lib/servers/livekit.mjs';
import { StepError } from './lib/process.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** A Janus server, which its package also starts as a service where there is an init, and what its loopback media are compiled by. */
export const JANUS = [
  { name: 'janus', program: 'janus' },
  { name: 'gcc', program: 'cc' },
  { name: 'libc6-dev', file: '/usr/include/dlfcn.h' },
];

const PARTS = { janus: () => ensureSystemPackages(JANUS), livekit: ensureLivekit };

if (import.meta.main) {
  try {
    await PARTS[process.argv[2]](fileURLToPath(new URL('..', import.meta.url)));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`vis-a-vis: ${error.message}`);
    process.exitCode = 1;
  }
}
