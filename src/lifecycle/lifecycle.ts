import { Injectable } from '@nestjs/common';

/** What the parts of the edge share about the process's life. */
@Injectable()
export class Lifecycle {
  private drainBegan = false;

  /** No new calls are taken: the process is about to end. */
  get draining(): boolean {
    return this.drainBegan;
  }

  beginDrain(): void {
    this.drainBegan = true;
  }
}
