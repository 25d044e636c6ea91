import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/** What the parts of the edge share about the process's life. */
@Injectable()
export class Lifecycle implements BeforeApplicationShutdown {
  private drainBegan = false;
  private ended = false;

  /** No new calls are taken: the process is about to end. */
  get draining(): boolean {
    return this.drainBegan;
  }

  /** Every module has ended what it runs: no worker is in the middle of anything. */
  get partsEnded(): boolean {
    return this.ended;
  }

  beginDrain(): void {
    this.drainBegan = true;
  }

  /** Nest calls it when all modules are destroyed, and before it closes the HTTP server. */
  beforeApplicationShutdown(): void {
    this.ended = true;
  }
}
