import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayProcess, type ProcessEnd } from '../support/gateway-process.js';
import { Journal } from './journal.js';
import type { Sample } from './regression.js';
import { residentOf } from './vitals.js';

/** Node writes a report with all stacks where an exception or its own memory ends it. */
const REPORT_FLAGS = ['--report-on-fatalerror', '--report-uncaught-exception'];
const SAMPLE_MS = 5000;

/** A gateway whose log is kept and read, whose memory is measured, and whose end leaves traces in a folder. */
export class WatchedGateway {
  readonly gateway: GatewayProcess;
  readonly journal: Journal;
  /** Resident memory with that of its children, in MB. */
  readonly rss: Sample[] = [];
  /** Resolves when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #timer: NodeJS.Timeout;
  #stopping = false;

  private constructor(gateway: GatewayProcess, journal: Journal, log: WriteStream) {
    this.gateway = gateway;
    this.journal = journal;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      // In the moment of its death there is no such process.
      residentOf(gateway.pid).then(
        ({ rssMb }) => this.rss.push({ atMs: performance.now() - startedAt, value: rssMb }),
        () => undefined,
      );
    }, SAMPLE_MS);
    this.ended = gateway.ended.then((end) => {
      clearInterval(this.#timer);
      log.end(`ended with ${end.signal ?? `code ${end.code}`}\n`);
      journal.over();
      return end;
    });
  }

  /**
   * @param folder where its log, its reports and a core dump go
   * @throws ToolError where it does not come up
   */
  static async start(folder: string, settings: Record<string, string>): Promise<WatchedGateway> {
    await mkdir(folder, { recursive: true });
    const log = createWriteStream(join(folder, 'gateway.log'), { flags: 'a' });
    const journal = new Journal();
    const gateway = await GatewayProcess.start(settings, {
      folder,
      nodeFlags: [...REPORT_FLAGS, `--report-directory=${folder}`],
      onLine: (line) => {
        log.write(`${line}\n`);
        journal.handle(line, Date.now());
      },
    });
    return new WatchedGateway(gateway, journal, log);
  }

  get url(): string {
    return this.gateway.url;
  }

  /** It was asked to end: its end is none that counts. */
  get stopping(): boolean {
    return this.#stopping;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.gateway.stop();
    await this.ended;
  }
}
