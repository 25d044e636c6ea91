import type { Checkpoint, GenEvent } from '#modules/contracts';
import type { WorkerLink } from './worker-link.js';

/** What is known of an answer outside of the worker that makes it: enough to keep it when that is lost. */
export class GenerationRecord {
  readonly genId: string;
  readonly tokens: number[] = [];
  /** Where it is being made, or was. */
  link: WorkerLink | null = null;
  /** Something was called after it: there is no point in making it again. */
  superseded = false;
  private readonly calledAtMs: number;
  private attemptAtMs: number;
  private started = false;

  constructor(genId: string, atMs: number) {
    this.genId = genId;
    this.calledAtMs = atMs;
    this.attemptAtMs = atMs;
  }

  begin(link: WorkerLink, atMs: number): void {
    this.link = link;
    this.attemptAtMs = atMs;
  }

  /** Whether it can be made once more without anybody noticing. */
  get repeatable(): boolean {
    return this.tokens.length === 0 && !this.superseded;
  }

  /** An event as the session's caller is to see it; null: not at all. */
  take(event: GenEvent, head: Checkpoint): GenEvent | null {
    switch (event.t) {
      case 'start':
        if (this.started) return null;
        this.started = true;
        return { ...event, base: head };
      case 'token':
        this.tokens.push(event.id);
        return { ...event, tMs: event.tMs + this.attemptAtMs - this.calledAtMs };
      case 'call':
      case 'arguments':
      case 'end':
        return event;
    }
  }
}
