import { VisavisError } from '#modules/contracts';
import type { WorkerLink } from './worker-link.js';

/** An operation of a session, from its call to its answer, whatever happens to the worker meanwhile. */
export interface Operation {
  /** Rises with each call. */
  readonly order: number;
  /** The number that checkpoints name it by; null for what leaves the context as it is. */
  readonly seq: number | null;
  /** It is not worth waiting for a worker: `shed`. */
  readonly passing: boolean;
  readonly signal: AbortSignal | undefined;
  /** Performs it in a worker. Settles by itself, unless the worker is lost. */
  attempt(link: WorkerLink): void;
  /** It is about the log, so it is not one that kills workers. */
  readonly onLog: boolean;
  /** Performs it on the log alone. @returns false: it needs a worker */
  offline(): boolean;
  reject(error: VisavisError): void;
  /** How often its worker was lost under it. */
  losses: number;
}

export const restarting = (): VisavisError =>
  new VisavisError('engine_restarting', 'the engine worker was lost, and another is not ready yet');

/**
 * The operations of a session that has no worker at the moment, in the order of their calls. What the log alone can
 * answer is answered as soon as nothing is before it.
 */
export class HeldOperations {
  private list: Operation[] = [];
  private readonly stops = new Map<Operation, () => void>();

  get waiting(): boolean {
    return this.list.length > 0;
  }

  add(operation: Operation): void {
    const { signal } = operation;
    const abort = () => {
      if (!this.drop(operation)) return;
      operation.reject(new VisavisError('aborted', 'aborted while the session was being rebuilt'));
      this.settle();
    };
    const after = this.list.findIndex((other) => other.order > operation.order);
    this.list.splice(after < 0 ? this.list.length : after, 0, operation);
    signal?.addEventListener('abort', abort);
    this.stops.set(operation, () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
    this.settle();
  }

  /** Takes one out. @returns false: it is not here */
  drop(operation: Operation): boolean {
    const at = this.list.indexOf(operation);
    if (at < 0) return false;
    this.list.splice(at, 1);
    this.stops.get(operation)?.();
    this.stops.delete(operation);
    return true;
  }

  /** Rejects those that `chosen` names. */
  reject(error: () => VisavisError, chosen: (operation: Operation) => boolean = () => true): void {
    for (const operation of this.list.filter(chosen)) {
      this.drop(operation);
      operation.reject(error());
    }
    this.settle();
  }

  /** They have waited long enough: what the log cannot answer fails. */
  expire(): void {
    for (const operation of this.take()) {
      if (!operation.offline()) operation.reject(restarting());
    }
  }

  /** All of them, which are held no more. */
  take(): Operation[] {
    const taken = [...this.list];
    for (const operation of taken) this.drop(operation);
    return taken;
  }

  private settle(): void {
    for (let next = this.list[0]; next?.offline(); next = this.list[0]) this.drop(next);
  }
}
