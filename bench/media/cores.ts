import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { ToolError } from '../../tools/support/cli.js';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_S = 100;

/**
 * The cores that this process may use.
 * @throws ToolError where there are not two, or no way to keep to one
 */
export function twoCores(): [number, number] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const cores = list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const [first, second] = cores;
  if (first === undefined || second === undefined)
    throw new ToolError('this bench needs two cores: one for the gateway, one for its callers');
  if (spawnSync('taskset', ['--version']).status !== 0)
    throw new ToolError('this bench needs taskset (util-linux)');
  return [first, second];
}

/** The command, kept to one core. */
export function onCore(core: number, command: readonly string[]): [string, ...string[]] {
  return ['taskset', '-c', String(core), ...command];
}

/** Processor time (s) of a process and its children, by thread; those of one name together. */
export function cpuSeconds(pid: number): ReadonlyMap<string, number> {
  const byThread = new Map<string, number>();
  for (const one of [pid, ...childrenOf(pid)]) {
    for (const [name, seconds] of threadsOf(one, one !== pid)) {
      byThread.set(name, (byThread.get(name) ?? 0) + seconds);
    }
  }
  return byThread;
}

function threadsOf(pid: number, isChild: boolean): [string, number][] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task): [string, number][] => {
    const stat = read(`/proc/${pid}/task/${task}/stat`);
    if (stat === null) return [];
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    // The one child of the gateway decodes pictures.
    return [[isChild ? 'video' : task === String(pid) ? 'main' : name, (user + system) / TICKS_PER_S]];
  });
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

/** Datagrams that this machine's kernel had no room for, since its start. */
export function overflown(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}
