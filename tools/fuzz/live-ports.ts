import { readFile } from 'node:fs/promises';

/** Column of `/proc/net/udp` with the datagrams that a socket had no room for. */
const DROPS = 12;

/** Which UDP ports of this machine are open: what is sent to another reached nobody. */
export class LivePorts {
  #open: Set<number> | null = null;
  readonly #followed = new Set<number>();
  readonly #drops = new Map<string, number>();

  /** @param port of a gateway on this machine; where ports cannot be known, all are taken to be open */
  has(port: number): boolean {
    return this.#open?.has(port) ?? true;
  }

  /** A port of the gateway: what it drops counts. */
  follow(port: number): void {
    this.#followed.add(port);
  }

  /** Datagrams that the kernel had no room for, on the ports that are followed. */
  get dropped(): number {
    return [...this.#drops.values()].reduce((sum, n) => sum + n, 0);
  }

  /** Looks again. */
  async refresh(): Promise<void> {
    const table = await readFile('/proc/net/udp', 'utf8').catch(() => null);
    if (table === null) return;
    const open = new Set<number>();
    for (const line of table.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
      if (Number.isNaN(port)) continue;
      open.add(port);
      const drops = Number(columns[DROPS] ?? 0);
      // An inode is a socket's name.
      if (drops > 0 && this.#followed.has(port)) this.#drops.set(columns[9] ?? '', drops);
    }
    this.#open = open;
  }
}
