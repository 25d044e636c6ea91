import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the two ends are called from inside. */
export const SERVER_HOST = '10.77.0.1';
export const CLIENT_HOST = '10.77.0.2';
const MASK = 24;

/**
 * A network of two machines, in Linux network namespaces: a switch in a third, and a cable to each. A cable that is pulled out at the switch
 * carries nothing, and neither end is told: as when a phone goes out of reach. Needs root and `ip`; nothing of it is seen outside.
 */
export class TinyNetwork {
  private constructor(private readonly name: string) {}

  /** @returns null where this machine gives no namespaces */
  static async make(): Promise<TinyNetwork | null> {
    const network = new TinyNetwork(`visavis-${process.pid}`);
    try {
      await network.build();
      return network;
    } catch {
      await network.remove();
      return null;
    }
  }

  /** What runs a program on a machine: to be put before it. */
  on(machine: 'server' | 'client'): string[] {
    return ['ip', 'netns', 'exec', `${this.name}-${machine}`];
  }

  /** Nothing comes through any more, and nobody is told. */
  cut(): Promise<void> {
    return this.ip('switch', 'link', 'set', 'client', 'nomaster');
  }

  mend(): Promise<void> {
    return this.ip('switch', 'link', 'set', 'client', 'master', 'bridge');
  }

  /** Whatever runs on the machines should have ended. */
  async remove(): Promise<void> {
    for (const machine of ['server', 'client', 'switch'])
      await run('ip', ['netns', 'del', `${this.name}-${machine}`]).catch(() => undefined);
  }

  private async build(): Promise<void> {
    await run('ip', ['netns', 'add', `${this.name}-switch`]);
    await this.ip('switch', 'link', 'add', 'bridge', 'type', 'bridge');
    await this.ip('switch', 'link', 'set', 'bridge', 'up');
    const [server, client] = [await this.plug('server', SERVER_HOST), await this.plug('client', CLIENT_HOST)];
    // Nobody asks who has an address, and finds nobody there while the cable is out.
    await this.ip('server', 'neigh', 'add', CLIENT_HOST, 'lladdr', client, 'dev', 'eth0');
    await this.ip('client', 'neigh', 'add', SERVER_HOST, 'lladdr', server, 'dev', 'eth0');
  }

  /** @returns its link-layer address */
  private async plug(machine: string, host: string): Promise<string> {
    const namespace = `${this.name}-${machine}`;
    await run('ip', ['netns', 'add', namespace]);
    await this.ip(
      'switch',
      'link',
      'add',
      machine,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      namespace,
    );
    await this.ip('switch', 'link', 'set', machine, 'master', 'bridge');
    await this.ip('switch', 'link', 'set', machine, 'up');
    await this.ip(machine, 'addr', 'add', `${host}/${MASK}`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) await this.ip(machine, 'link', 'set', link, 'up');
    const { stdout } = await run('ip', ['-n', namespace, '-j', 'link', 'show', 'eth0']);
    const [link] = JSON.parse(stdout) as { address: string }[];
    if (!link) throw new Error('there is no link');
    return link.address;
  }

  private async ip(machine: string, ...args: string[]): Promise<void> {
    await run('ip', ['-n', `${this.name}-${machine}`, ...args]);
  }
}
