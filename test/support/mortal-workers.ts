import { BroadcastChannel } from 'node:worker_threads';
import type { WorkerEntry } from '#modules/contracts';

const PRELOAD = new URL('./mortal-worker.mjs', import.meta.url).href;

/** The engine workers of this process that were started to be lost: see mortal-worker.mjs. */
export class MortalWorkers {
  private readonly channel = new BroadcastChannel('mortal-worker');
  private readonly threads: number[] = [];

  constructor() {
    this.channel.onmessage = (event) => {
      const { data } = event as { data: { up?: number } };
      if (data.up !== undefined) this.threads.push(data.up);
    };
    this.channel.unref();
  }

  /** The same worker, mortal. */
  entry({ url, execArgv }: WorkerEntry): WorkerEntry {
    return { url, execArgv: [...execArgv, '--import', PRELOAD] };
  }

  /** @param which 0..1: one of those that live. @returns false: none does */
  kill(which = 0): boolean {
    const [thread] = this.threads.splice(Math.floor(which * this.threads.length), 1);
    if (thread === undefined) return false;
    this.channel.postMessage({ thread, do: 'die' });
    return true;
  }

  /** Blocks the oldest that lives. */
  hang(forMs: number): void {
    this.channel.postMessage({ thread: this.threads.shift(), do: 'hang', forMs });
  }

  close(): void {
    this.channel.close();
  }
}
