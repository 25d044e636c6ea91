import type { Checkpoint } from '#modules/contracts';
import type { ContextState } from '../context/context.js';

/** An answer that is being made, or is made and waits to be accepted. */
export class Generation {
  readonly id: string;
  readonly base: Checkpoint;
  /** The context as it was before the answer. */
  readonly before: ContextState;
  readonly tokens: number[] = [];

  constructor(id: string, base: Checkpoint, before: ContextState) {
    this.id = id;
    this.base = base;
    this.before = before;
  }
}

/** Asks a generation, begun or not, to end after the token under way. */
export class StopSignal {
  private asked = false;

  get stopped(): boolean {
    return this.asked;
  }

  stop(): void {
    this.asked = true;
  }
}
