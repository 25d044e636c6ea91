import { WaitingLine, type Ticket } from './scheduler.js';

class Waiter implements Ticket {
  readonly enter: () => void;
  private readonly ticket: Ticket;

  constructor(ticket: Ticket, enter: () => void) {
    this.ticket = ticket;
    this.enter = enter;
  }

  get priority() {
    return this.ticket.priority;
  }
}

/** Lets one run of the model through at a time, in the order of {@link WaitingLine}. */
export class Turnstile {
  private readonly line = new WaitingLine<Waiter>();
  private readonly settle: () => Promise<void>;
  private busy = false;

  /** @param settle awaited before each choice, so that whatever arrived during the last run takes part in it */
  constructor(settle: () => Promise<void>) {
    this.settle = settle;
  }

  async run<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      this.line.add(new Waiter(ticket, enter));
      this.serve();
    });
    try {
      return await work();
    } finally {
      this.busy = false;
      this.serve();
    }
  }

  private serve(): void {
    if (this.busy || this.line.length === 0) return;
    this.busy = true;
    void this.settle().then(() => this.line.take()?.enter());
  }
}
