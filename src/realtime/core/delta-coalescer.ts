import type { ServerEventBody } from '@vis-a-vis/protocol';

/**
 * Events that wait for the channel, in order. A text delta joins the one before it where both belong to the same part:
 * a data channel pays for each message, and degrades badly in bursts.
 */
export class DeltaCoalescer {
  private waiting: ServerEventBody[] = [];

  get length(): number {
    return this.waiting.length;
  }

  push(event: ServerEventBody): void {
    const last = this.waiting.at(-1);
    if (
      event.type === 'response.output_text.delta' &&
      last?.type === 'response.output_text.delta' &&
      last.item_id === event.item_id &&
      last.content_index === event.content_index
    ) {
      this.waiting[this.waiting.length - 1] = { ...last, delta: last.delta + event.delta };
      return;
    }
    this.waiting.push(event);
  }

  /** Everything that waits; nothing waits afterwards. */
  take(): ServerEventBody[] {
    const taken = this.waiting;
    this.waiting = [];
    return taken;
  }
}
