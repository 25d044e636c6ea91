import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolError } from '../../tools/support/cli.js';
import { GatewayProcess } from '../../tools/support/gateway-process.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { onCore } from './cores.js';

/** More than a core holds. */
const MOST_CALLS = 1000;

/** Who receives, on a core of its own. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Its packets are not answered. */
  readonly bare: boolean;
  /** Windows of sound that it has scored for voice since its start; null: it does not do that. */
  windows(): Promise<number | null>;
  stop(): Promise<void>;
}

export async function startGateway(core: number, nodeFlags: readonly string[]): Promise<Subject> {
  const gateway = await GatewayProcess.start(
    { VISAVIS_ENGINE_SESSIONS: String(MOST_CALLS) },
    { wrap: (command) => onCore(core, command), nodeFlags },
  );
  return {
    name: 'vis-a-vis',
    url: gateway.url,
    pid: gateway.pid,
    bare: false,
    windows: async () => {
      const line = /^visavis_vad_windows_total (\S+)$/m.exec(await gateway.metrics());
      if (!line) throw new ToolError("the gateway's metrics have no visavis_vad_windows_total");
      return Number(line[1]);
    },
    stop: () => gateway.stop(),
  };
}

/** aiortc, which decodes all that it receives. Its Python is made where it is not there yet. */
export async function startAiortc(core: number): Promise<Subject> {
  const { ensureBenchPython } = (await import(
    pathToFileURL(join(REPOSITORY, 'scripts/lib/python.mjs')).href
  )) as { ensureBenchPython: (root: string) => Promise<string> };
  const python = await ensureBenchPython(REPOSITORY);
  return start('aiortc', core, [python, join(REPOSITORY, 'bench/media/aiortc/receiver.py')]);
}

/** A Node process that receives datagrams and counts them. */
export async function startFloor(core: number): Promise<Subject> {
  const floor = fileURLToPath(new URL('./udp-floor.js', import.meta.url));
  return { ...(await start('udp', core, [process.execPath, floor])), bare: true };
}

/** A program that tells its address in its first line, and ends when its standard input does. */
async function start(name: string, core: number, command: readonly string[]): Promise<Subject> {
  const [program, ...args] = onCore(core, command);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { url } = await firstLine(name, child);
  return {
    name,
    url,
    pid: child.pid ?? 0,
    bare: false,
    windows: () => Promise.resolve(null),
    stop: async () => {
      const ended = once(child, 'close');
      child.kill();
      await ended;
    },
  };
}

async function firstLine(name: string, child: ChildProcess): Promise<{ url: string }> {
  if (!child.stdout) throw new Error('its output is piped');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => ['']),
  ])) as [string];
  if (line === '') throw new ToolError(`${name} did not start`);
  return JSON.parse(line) as { url: string };
}
